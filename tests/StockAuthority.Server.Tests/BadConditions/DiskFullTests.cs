using Shouldly;
using StockAuthority.DevHost.Postgres;
using StockAuthority.Testing;
using Xunit;

namespace StockAuthority.Server.Tests.BadConditions;

/// <summary>PostgreSQL without a byte left, for its tables or for its log.</summary>
[Collection(nameof(OneAtATime))]
public sealed class DiskFullTests : IAsyncDisposable
{
    private const string Reason = "This host lets its tests mount no file system; it needs root with CAP_SYS_ADMIN.";

    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(10);

    private readonly TestPostgres _postgres = TestPostgres.With(PostgresSettings.Fast.With("max_wal_size", "32MB").With("min_wal_size", "32MB"));

    [Fact]
    public async Task A_full_disk_under_the_tables_is_named_quickly_and_nothing_is_lost_or_doubled()
    {
        var cluster = await _postgres.ClusterAsync();
        await using var disk = await SmallDisk.MountAsync(64, cluster.LogFile);
        Assert.SkipWhen(disk is null, Reason);
        await using var replicas = await Replicas.StartAsync(_postgres, 2, async each =>
        {
            await each.ExecuteAsync($"CREATE TABLESPACE small LOCATION '{disk.Folder}'");
            await each.MoveAsync("small");
        });
        var orders = await Orders.StartAsync(replicas);

        disk.Fill();
        await Eventually.Holds(() => orders.Refusals.Count > 200, TimeSpan.FromSeconds(60));
        disk.Free();
        await orders.ProgressAsync();

        await orders.StopAsync();
        orders.ShouldHaveBeenRefused("DATABASE_UNAVAILABLE", Quick);
    }

    /// <summary>PostgreSQL cannot go on without its log: it ends itself, and starts again only when there is space.</summary>
    [Fact]
    public async Task A_full_disk_under_the_log_is_named_quickly_and_nothing_is_lost_or_doubled()
    {
        var cluster = await _postgres.ClusterAsync();
        await using var disk = await SmallDisk.MountAsync(96, cluster.LogFile);
        Assert.SkipWhen(disk is null, Reason);
        await using var replicas = await Replicas.StartAsync(_postgres, 2);
        var log = Path.Combine(await replicas.ReadAsync<string>("SHOW data_directory"), "pg_wal");
        await cluster.StopAsync();
        MoveLog(log, Path.Combine(disk.Folder, "pg_wal"));
        await cluster.StartAsync();
        var orders = await Orders.StartAsync(replicas);

        disk.Fill();
        await Eventually.Holds(() => UseUpLogAsync(replicas), TimeSpan.FromSeconds(60));
        await Eventually.Holds(() => orders.Refusals.Count > 200, TimeSpan.FromSeconds(60));
        await cluster.StopAsync();
        disk.Free();
        await cluster.StartAsync();
        await orders.ProgressAsync();

        await orders.StopAsync();
        orders.ShouldHaveBeenRefused("DATABASE_UNAVAILABLE", Quick);
        await cluster.StopAsync();
    }

    public async ValueTask DisposeAsync() => await _postgres.DisposeAsync();

    /// <summary>Begins the next of the files that are there, until there is none. True when PostgreSQL has ended.</summary>
    private static async Task<bool> UseUpLogAsync(Replicas replicas)
    {
        try
        {
            await replicas.ExecuteAsync("SELECT pg_switch_wal()");
            return false;
        }
        catch (Npgsql.NpgsqlException)
        {
            return true;
        }
    }

    private static void MoveLog(string from, string to)
    {
        using var copy = System.Diagnostics.Process.Start("cp", ["-a", from, to]);
        copy.WaitForExit();
        copy.ExitCode.ShouldBe(0);
        Directory.Delete(from, recursive: true);
        File.CreateSymbolicLink(from, to);
    }
}
