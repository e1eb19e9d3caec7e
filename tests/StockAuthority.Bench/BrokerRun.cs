using System.Globalization;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.DevHost.RabbitMq;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;

namespace StockAuthority.Bench;

/// <summary>How fast a journal that is there already goes to an event platform: published, confirmed and acknowledged. With a database and a server of its own.</summary>
internal static class BrokerRun
{
    private const string RabbitMq = "broker_rabbitmq";
    private const string Kafka = "broker_kafka_mock";
    private const string Tenant = "bench";
    private const string Location = "warehouse-1";
    private const int Movements = 100_000;
    private const int LinesPerAdjust = 200;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(BenchSettings settings, BenchReport report, TestPostgres postgres, Func<Task> settle, CancellationToken cancellationToken)
    {
        var withRabbitMq = settings.Wants(RabbitMq) && RabbitMqServer.Missing() is null;
        if (!withRabbitMq && !settings.Wants(Kafka))
        {
            return;
        }

        await settings.Progress.WriteLineAsync("starting a server for event platforms");
        await using var database = await postgres.CreateDatabaseAsync(cancellationToken);
        await using var server = await ServerProcess.StartAsync(database.ConnectionString, "127.0.0.1:1", cancellationToken: cancellationToken);
        using var channel = await server.ChannelAsync();
        await FillAsync(new CatalogueService.CatalogueServiceClient(channel), new InventoryService.InventoryServiceClient(channel));
        var feed = new ChangeFeedService.ChangeFeedServiceClient(channel);
        if (withRabbitMq)
        {
            await MeasureRabbitMqAsync();
        }

        if (settings.Wants(Kafka))
        {
            // Its brokers are inside of the connector.
            await MeasureAsync(Kafka, new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["Broker__Channel"] = "kafka",
                ["Connector__Consumer"] = Kafka,
                ["Kafka__BootstrapServers"] = "127.0.0.1:1",
                ["Kafka__Topic"] = "stock-changes",
                ["Kafka__Client__test_mock_num_brokers"] = "3",
            });
        }

        async Task MeasureRabbitMqAsync()
        {
            var folder = Path.Combine(await TestWorkspace.FolderAsync(), "rabbitmq");
            var rabbit = await RabbitMqServer.PrepareAsync(
                folder, RabbitMqPorts.Free(), await TestWorkspace.NewLogFileAsync("rabbitmq"), await TestWorkspace.NewLogFileAsync("epmd"), cancellationToken: cancellationToken);
            var names = await TestWorkspace.StartAsync(rabbit.Names, cancellationToken);
            var broker = await TestWorkspace.StartAsync(rabbit.Server, cancellationToken);
            await using var queue = await BenchQueue.BindAsync(rabbit.Address, RabbitMqServer.Password(folder));
            var platform = Services.RabbitMq(rabbit.Address, RabbitMqServer.User, RabbitMqServer.PasswordFile(folder));
            platform["Connector__Consumer"] = RabbitMq;
            await MeasureAsync(RabbitMq, platform);
            await TestWorkspace.StopAsync(broker, Grace);
            await TestWorkspace.StopAsync(names, Grace);
        }

        async Task MeasureAsync(string name, IReadOnlyDictionary<string, string> platform)
        {
            await settings.Progress.WriteLineAsync($"measuring {name}");
            await settle();
            var connector = await TestWorkspace.StartAsync(
                Services.Broker(TestWorkspace.Checkout, await TestWorkspace.NewLogFileAsync(name), Ports.Free(), server.Grpc, await TestTokens.FileAsync(Tenant), Tenant, platform),
                cancellationToken);

            // From the first acknowledgement on: until then it is about a process that starts.
            var begin = await ReachedAsync(1);
            var start = TimeProvider.System.GetTimestamp();
            var end = await ReachedAsync(Movements);
            report.Figure(name + "_per_second", (end - begin) / TimeProvider.System.GetElapsedTime(start).TotalSeconds);
            report.Figure(name + "_mib", ProcessMemory.Mebibytes(connector.Identity.ProcessId));
            await TestWorkspace.StopAsync(connector, Grace);

            async Task<long> ReachedAsync(long sequence) => (await Eventually.Becomes(
                async () => await feed.GetCheckpointAsync(new GetCheckpointRequest { TenantId = Tenant, Consumer = name }, cancellationToken: cancellationToken),
                checkpoint => checkpoint.Sequence >= sequence,
                TimeSpan.FromMinutes(5))).Sequence;
        }
    }

    private static async Task FillAsync(CatalogueService.CatalogueServiceClient catalogue, InventoryService.InventoryServiceClient inventory)
    {
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = Tenant, DisplayName = Tenant });
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = Location, DisplayName = Location });
        await Parallel.ForAsync(0, Movements / LinesPerAdjust, async (number, cancellation) => await inventory.AdjustAsync(
            new AdjustRequest
            {
                TenantId = Tenant,
                IdempotencyKey = string.Create(CultureInfo.InvariantCulture, $"fill-{number}"),
                DocumentRef = "fill",
                Reason = AdjustmentReason.Receipt,
                Lines =
                {
                    Enumerable.Range(0, LinesPerAdjust).Select(line => new StockLine
                    {
                        Sku = string.Create(CultureInfo.InvariantCulture, $"sku-{(number * LinesPerAdjust) + line}"), LocationId = Location, Quantity = 5,
                    }),
                },
            },
            cancellationToken: cancellation));
    }
}
