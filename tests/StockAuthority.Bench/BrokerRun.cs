using StockAuthority.Bench.Channels;
using StockAuthority.DevHost;
using StockAuthority.DevHost.Processes;
using StockAuthority.DevHost.RabbitMq;
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
        await Opening.RunAsync(channel, Tenant, Location, Enumerable.Range(0, Movements).Select(number => Opening.Sku(number)), 5);
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
            await using var connector = await ConnectorProcess.StartAsync(
                Services.Broker(TestWorkspace.Checkout, await TestWorkspace.NewLogFileAsync(name), Ports.Free(), server.Grpc, await TestTokens.FileAsync(Tenant), Tenant, platform),
                cancellationToken);
            report.Figure(name + "_per_second", await ConnectorProcess.DrainedPerSecondAsync(channel, Tenant, name, Movements, cancellationToken));
            report.Figure(name + "_mib", connector.Mebibytes);
        }
    }
}
