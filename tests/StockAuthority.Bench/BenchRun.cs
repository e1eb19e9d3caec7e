using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using StockAuthority.Cli.Verification;
using StockAuthority.DevHost.Postgres;
using StockAuthority.DevHost.Redis;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Testing;

namespace StockAuthority.Bench;

/// <summary>One run: the system and plain SQL on one private PostgreSQL, one after the other.</summary>
internal static class BenchRun
{
    private const string Tenant = "bench";
    private const string Location = "warehouse-1";
    private const int UniformSkus = 10_000;
    private const int LinesPerAdjust = 200;
    private const long Opening = 1_000_000_000;

    /// <summary>One HTTP/2 connection is written by one caller at a time; a few let the callers' side keep up.</summary>
    private const int Channels = 4;

    public static async Task<BenchReport> RunAsync(BenchSettings settings, CancellationToken cancellationToken)
    {
        var report = new BenchReport();
        await using var postgres = TestPostgres.With(PostgresSettings.Durable);
        await settings.Progress.WriteLineAsync("starting PostgreSQL and the server");
        var database = await postgres.CreateDatabaseAsync(cancellationToken);
        var plain = await PgBench.CreateAsync(await postgres.ClusterAsync(), settings);
        using var garnet = EmbeddedGarnet.Start(DevHost.Ports.Free());
        await using (var server = await ServerProcess.StartAsync(database.ConnectionString, garnet.Endpoint, cancellationToken: cancellationToken))
        {
            await MeasureAsync(settings, server, plain, report);
        }

        await settings.Progress.WriteLineAsync("verifying");
        var verified = await LedgerVerification.RunAsync(database.ConnectionString, new VerificationOptions(), static _ => { }, TimeProvider.System, cancellationToken);
        report.Problems.AddRange(verified.Problems.Select(problem => $"{problem.Kind}: {problem.Count}, the first in {problem.First}"));
        return report;
    }

    private static async Task MeasureAsync(BenchSettings settings, ServerProcess server, PgBench plain, BenchReport report)
    {
        var channels = await Task.WhenAll(Enumerable.Range(0, Channels).Select(_ => server.ChannelAsync()));
        await OpenAsync(channels[0]);
        var clients = channels.Select(channel => new InventoryService.InventoryServiceClient(channel)).ToArray();
        var health = channels.Select(channel => new Health.HealthClient(channel)).ToArray();

        // A new process compiles its hot paths for a while; until then it measures the compiler.
        await settings.Progress.WriteLineAsync("warming up");
        await LoopAsync((caller, number) => ReserveAsync(clients[caller % Channels], Sku(Random.Shared.Next(UniformSkus)), -number), settings.FirstWarmUp);

        await MeasureAsync("empty_unary", () => LoopAsync(async (caller, _) =>
        {
            await health[caller % Channels].CheckAsync(new HealthCheckRequest());
            return true;
        }));
        await MeasureAsync("pgbench_hot", plain.HotAsync);
        await MeasureAsync("reserve_hot", () => LoopAsync((caller, number) => ReserveAsync(clients[caller % Channels], "hot", number)));
        await MeasureAsync("pgbench_uniform", plain.UniformAsync);
        await MeasureAsync("reserve_uniform", () => LoopAsync((caller, number) =>
            ReserveAsync(clients[caller % Channels], Sku(Random.Shared.Next(UniformSkus)), number)));

        await MeasureAsync("stream_hot", () => StreamAsync("s-hot", _ => "hot"));
        await MeasureAsync("stream_uniform", () => StreamAsync("s-uniform", _ => Sku(Random.Shared.Next(UniformSkus))));

        report.Ratio("unary_hot", "reserve_hot_per_second", "pgbench_hot_per_second");
        report.Ratio("unary_uniform", "reserve_uniform_per_second", "pgbench_uniform_per_second");
        report.Ratio("stream_hot", "stream_hot_per_second", "pgbench_hot_per_second");
        report.Ratio("stream_uniform", "stream_uniform_per_second", "pgbench_uniform_per_second");
        report.Ratio("unary_hot_to_empty", "reserve_hot_per_second", "empty_unary_per_second");
        foreach (var channel in channels)
        {
            channel.Dispose();
        }

        async Task MeasureAsync(string name, Func<Task<LoopResult>> run)
        {
            if (!settings.Wants(name))
            {
                return;
            }

            await settings.Progress.WriteLineAsync($"measuring {name}");
            await plain.SettleAsync();
            report.Loop(name, await run());
        }

        Task<LoopResult> StreamAsync(string name, Func<long, string> sku) => StreamLoop.RunAsync(
            settings,
            Tenant,
            clients,
            number => new ExecuteCommand { Reserve = Request(sku(number), string.Create(CultureInfo.InvariantCulture, $"{name}-{number}")) },
            TimeProvider.System);

        Task<LoopResult> LoopAsync(Func<int, long, Task<bool>> call, TimeSpan? duration = null) =>
            ClosedLoop.RunAsync(settings with { Duration = duration ?? settings.Duration }, call, TimeProvider.System);
    }

    private static async Task<bool> ReserveAsync(InventoryService.InventoryServiceClient client, string sku, long number)
    {
        var request = Request(sku, string.Create(CultureInfo.InvariantCulture, $"{sku}-{number}"));
        request.TenantId = Tenant;
        try
        {
            await client.ReserveAsync(request);
            return true;
        }
        catch (RpcException)
        {
            return false;
        }
    }

    private static ReserveRequest Request(string sku, string unique) => new()
    {
        IdempotencyKey = "reserve-" + unique,
        OrderRef = "order-" + unique,
        Lines = { new StockLine { Sku = sku, LocationId = Location, Quantity = 1 } },
    };

    private static async Task OpenAsync(GrpcChannel channel)
    {
        var catalogue = new CatalogueService.CatalogueServiceClient(channel);
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = Tenant });
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = Location });
        var inventory = new InventoryService.InventoryServiceClient(channel);

        // A tenant that has payments: each Reserve then has to make sure that none is known of its order.
        await new PaymentEventService.PaymentEventServiceClient(channel).ApplyPaymentEventAsync(new ApplyPaymentEventRequest
        {
            TenantId = Tenant,
            IdempotencyKey = "payment",
            Event = new PaymentEvent
            {
                EventType = PaymentEventType.AuthCreated,
                Provider = "bench",
                Account = "bench",
                ProviderEventId = "event",
                PaymentObjectId = "payment",
                OccurTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
                SchemaVersion = 1,
            },
        });
        foreach (var skus in Enumerable.Range(0, UniformSkus).Select(Sku).Append("hot").Chunk(LinesPerAdjust))
        {
            await inventory.AdjustAsync(new AdjustRequest
            {
                TenantId = Tenant,
                IdempotencyKey = "opening-" + skus[0],
                DocumentRef = "opening",
                Reason = AdjustmentReason.OpeningBalance,
                Lines = { skus.Select(sku => new StockLine { Sku = sku, LocationId = Location, Quantity = Opening }) },
            });
        }
    }

    private static string Sku(int number) => string.Create(CultureInfo.InvariantCulture, $"sku-{number}");
}
