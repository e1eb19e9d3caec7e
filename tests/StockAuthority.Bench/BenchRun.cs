using System.Globalization;
using Grpc.Health.V1;
using StockAuthority.Bench.Channels;
using StockAuthority.Cli.Verification;
using StockAuthority.DevHost.Postgres;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;

namespace StockAuthority.Bench;

/// <summary>One run: the system and plain SQL on one private PostgreSQL, one after the other.</summary>
internal sealed class BenchRun
{
    private const double FeedChangesPerSecond = 5_000;
    private static readonly TimeSpan SlowSync = TimeSpan.FromMilliseconds(1);

    private readonly BenchSettings _settings;
    private readonly BenchStand _stand;
    private readonly PostgresCluster _cluster;
    private readonly PgBench _plain;
    private readonly BenchReport _report;

    private BenchRun(BenchSettings settings, BenchStand stand, PostgresCluster cluster, PgBench plain, BenchReport report) =>
        (_settings, _stand, _cluster, _plain, _report) = (settings, stand, cluster, plain, report);

    public static async Task<BenchReport> RunAsync(BenchSettings settings, CancellationToken cancellationToken)
    {
        await using var postgres = TestPostgres.With(PostgresSettings.Durable);
        await settings.Progress.WriteLineAsync("starting PostgreSQL and the server");
        var cluster = await postgres.ClusterAsync();
        var plain = await PgBench.CreateAsync(cluster, settings);
        await using var stand = await BenchStand.StartAsync(postgres, cancellationToken);
        var report = new BenchReport();
        await WebhookRun.RunAsync(settings, report, postgres, plain.SettleAsync, cancellationToken);
        await BrokerRun.RunAsync(settings, report, postgres, plain.SettleAsync, cancellationToken);
        await ChannelsRun.RunAsync(settings, report, postgres, plain.SettleAsync, cancellationToken);
        await PostingRun.RunAsync(settings, report, postgres, plain.SettleAsync, cancellationToken);
        await new BenchRun(settings, stand, cluster, plain, report).RunAsync(cancellationToken);
        return report;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        // A new process compiles its hot paths for a while; until then it measures the compiler.
        await _settings.Progress.WriteLineAsync("warming up");
        await LoopAsync((caller, number) => BenchStand.ReserveAsync(Client(caller), Unique("warm-up", number), BenchStand.AnySku()), _settings.FirstWarmUp);
        _report.Figure("server_mib_warm", _stand.ServerMebibytes);

        await MeasureAsync("empty_unary", () => LoopAsync((caller, _) => EmptyAsync(caller)));
        await MeasureAsync("get_cached", () => LoopAsync((caller, _) => BenchStand.IsCachedAsync(Client(caller))));
        await MeasureAsync("pgbench_hot", _plain.HotAsync);
        await MeasureAsync("pgbench_best_hot", _plain.BestHotAsync);
        await MeasureAsync("reserve_hot", () => ReserveAsync("hot", static () => [BenchStand.HotSku]));
        await MeasureAsync("refuse_empty", () => LoopAsync((caller, number) => BenchStand.IsRefusedAsync(Client(caller), Unique("empty", number))));
        await MeasureAsync("pgbench_uniform", _plain.UniformAsync);
        await MeasureAsync("pgbench_best_uniform", _plain.BestUniformAsync);
        await MeasureAsync("reserve_uniform", () => ReserveAsync("uniform", static () => [BenchStand.AnySku()]));
        await MeasureAsync("reserve_five_lines", () => ReserveAsync("five", static () => Enumerable.Range(0, 5).Select(static _ => BenchStand.AnySku()).Distinct()));
        await MeasureAsync("stream_hot", () => StreamAsync("s-hot", static () => BenchStand.HotSku));
        await MeasureAsync("stream_uniform", () => StreamAsync("s-uniform", BenchStand.AnySku));
        await MeasureOpenAsync();
        await MeasureAsync("feed", () => FeedLoop.RunAsync(_settings, _stand.Channel, Client(0), FeedChangesPerSecond, TimeProvider.System));
        _report.Figure("server_mib_end", _stand.ServerMebibytes);
        await MeasureTenantsAsync();
        await MeasureTwoServersAsync();
        await MeasureExpiriesAsync();
        await MeasureSlowDiskAsync();

        await _settings.Progress.WriteLineAsync("verifying");
        var verified = await LedgerVerification.RunAsync(_stand.ConnectionString, new VerificationOptions(), static _ => { }, TimeProvider.System, cancellationToken);
        _report.Problems.AddRange(verified.Problems.Select(problem => $"{problem.Kind}: {problem.Count}, the first in {problem.First}"));
        await MeasureOldReservationsAsync();
        Ratios();
    }

    private void Ratios()
    {
        _report.Ratio("unary_hot", "reserve_hot_per_second", "pgbench_hot_per_second");
        _report.Ratio("unary_uniform", "reserve_uniform_per_second", "pgbench_uniform_per_second");
        _report.Ratio("stream_hot", "stream_hot_per_second", "pgbench_hot_per_second");
        _report.Ratio("stream_uniform", "stream_uniform_per_second", "pgbench_uniform_per_second");
        _report.Ratio("stream_hot_to_best", "stream_hot_per_second", "pgbench_best_hot_per_second");
        _report.Ratio("stream_uniform_to_best", "stream_uniform_per_second", "pgbench_best_uniform_per_second");
        _report.Ratio("unary_hot_to_empty", "reserve_hot_per_second", "empty_unary_per_second");
        _report.Ratio("get_cached_to_empty", "get_cached_per_second", "empty_unary_per_second");
        _report.Ratio("refusals_to_reserves", "refuse_empty_per_second", "reserve_hot_per_second");
        _report.Ratio("open_p99_to_empty", "open_reserve_p99_ms", "open_empty_p99_ms");
        _report.Ratio("expiry_p99", "expiry_during_p99_ms", "expiry_before_p99_ms");
        _report.Ratio("expiry_two_servers_p99", "expiry_two_servers_during_p99_ms", "expiry_two_servers_before_p99_ms");
        _report.Ratio("two_servers", "reserve_uniform_two_servers_per_second", "reserve_uniform_per_second");
        _report.Ratio("slow_sync_stream_hot", "slow_sync_stream_hot_per_second", "slow_sync_pgbench_hot_per_second");
        _report.Ratio("with_old_reservations", "reserve_uniform_with_old_per_second", "reserve_uniform_per_second");
        _report.Ratio("memory_growth", "server_mib_end", "server_mib_warm");
    }

    /// <summary>Both at half the rate that single Reserves reach, so that neither waits in queues of its own making.</summary>
    private async Task MeasureOpenAsync()
    {
        if (_report.FigureOf("reserve_uniform_per_second") is not { } peak)
        {
            return;
        }

        await MeasureAsync("open_empty", () => OpenLoop.RunAsync(_settings, peak / 2, number => EmptyAsync(number), TimeProvider.System));
        await MeasureAsync("open_reserve", () => OpenLoop.RunAsync(
            _settings, peak / 2, number => BenchStand.ReserveAsync(Client(number), Unique("open", number), BenchStand.AnySku()), TimeProvider.System));
    }

    private async Task MeasureTenantsAsync()
    {
        const string Name = "reserve_thousand_tenants";
        if (_settings.Wants(Name))
        {
            await _settings.Progress.WriteLineAsync("opening 1,000 tenants");
            await _stand.OpenTenantsAsync();
            await MeasureAsync(Name, () => LoopAsync((caller, number) => BenchStand.ReserveOfAnyTenantAsync(Client(caller), Unique("tenants", number))));
        }
    }

    private async Task MeasureTwoServersAsync()
    {
        const string Name = "reserve_uniform_two_servers";
        if (_settings.Wants(Name))
        {
            IReadOnlyList<InventoryService.InventoryServiceClient> both = [.. _stand.Inventory, .. await _stand.AddServerAsync()];
            Task<bool> CallAsync(int caller, long number) => BenchStand.ReserveAsync(both[caller % both.Count], Unique("two", number), BenchStand.AnySku());
            await LoopAsync((caller, number) => CallAsync(caller, -number), _settings.FirstWarmUp);
            await MeasureAsync(Name, () => LoopAsync(CallAsync));
            await _stand.EndAddedServersAsync();
        }
    }

    private async Task MeasureExpiriesAsync()
    {
        const string One = "expiry", Two = "expiry_two_servers";
        if (_settings.Wants(One))
        {
            await MeasureExpiryAsync(One, _stand.Inventory);
        }

        if (_settings.Wants(Two))
        {
            await MeasureExpiryAsync(Two, [.. _stand.Inventory, .. await _stand.AddServerAsync()]);
            await _stand.EndAddedServersAsync();
        }
    }

    private async Task MeasureExpiryAsync(string name, IReadOnlyList<InventoryService.InventoryServiceClient> clients)
    {
        Task<bool> CallAsync(long number) => BenchStand.ReserveAsync(clients[(int)(number % clients.Count)], Unique(name, number), BenchStand.AnySku());
        await _settings.Progress.WriteLineAsync($"measuring {name}");
        long calls = 0;
        await LoopAsync((_, _) => CallAsync(Interlocked.Increment(ref calls)), _settings.FirstWarmUp);
        await _plain.SettleAsync();
        await ExpiryRun.RunAsync(name, _settings, _report, _stand.ConnectionString, clients, () => CallAsync(Interlocked.Increment(ref calls)), TimeProvider.System);
    }

    private async Task MeasureSlowDiskAsync()
    {
        if (!_settings.WithSlowSync)
        {
            return;
        }

        await using var slow = await SlowDisk.StartAsync(_cluster, SlowSync);
        await MeasureAsync("slow_sync_pgbench_hot", _plain.HotAsync);
        await MeasureAsync("slow_sync_stream_hot", () => StreamAsync("s-slow", static () => BenchStand.HotSku));
    }

    private async Task MeasureOldReservationsAsync()
    {
        if (_settings.OldReservations > 0)
        {
            await OldReservations.WriteAsync(_stand.ConnectionString, _settings.OldReservations, _settings.Progress);
            await MeasureAsync("reserve_uniform_with_old", () => ReserveAsync("old", static () => [BenchStand.AnySku()]));
        }
    }

    private async Task MeasureAsync(string name, Func<Task<LoopResult>> run)
    {
        if (_settings.Wants(name))
        {
            await _settings.Progress.WriteLineAsync($"measuring {name}");
            await _plain.SettleAsync();
            _report.Loop(name, await run());
        }
    }

    private async Task<bool> EmptyAsync(long caller)
    {
        await _stand.Health[(int)(caller % _stand.Health.Count)].CheckAsync(new HealthCheckRequest());
        return true;
    }

    private Task<LoopResult> ReserveAsync(string name, Func<IEnumerable<string>> skus) =>
        LoopAsync((caller, number) => BenchStand.ReserveAsync(Client(caller), Unique(name, number), skus()));

    private Task<LoopResult> StreamAsync(string name, Func<string> sku) => StreamLoop.RunAsync(
        _settings,
        BenchStand.Tenant,
        _stand.Inventory,
        number => new ExecuteCommand { Reserve = BenchStand.Request(Unique(name, number), sku()) },
        TimeProvider.System);

    private Task<LoopResult> LoopAsync(Func<int, long, Task<bool>> call, TimeSpan? duration = null) =>
        ClosedLoop.RunAsync(_settings with { Duration = duration ?? _settings.Duration }, call, TimeProvider.System);

    private InventoryService.InventoryServiceClient Client(long caller) => _stand.Inventory[(int)(caller % _stand.Inventory.Count)];

    private static string Unique(string name, long number) => string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
}
