using Microsoft.Extensions.Options;
using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Availability;

/// <summary>
/// Follows every tenant's journal and writes the levels that it touched and this process has not written already: a process
/// that died between a commit and its refresh leaves nothing stale behind. Each replica runs it; they share the checkpoints, and
/// writing a level twice changes nothing.
/// </summary>
internal sealed partial class AvailabilityTail(
    [FromKeyedServices(DataSources.Reads)] NpgsqlDataSource reads,
    [FromKeyedServices(DataSources.Journal)] NpgsqlDataSource journal,
    AvailabilityCache cache,
    AvailabilityRefresh refresh,
    IOptions<AvailabilityOptions> options,
    TimeProvider time,
    ILogger<AvailabilityTail> logger) : BackgroundService
{
    public const string Consumer = "availability-cache";

    /// <summary>Tenants of one page, and movements of all of them together.</summary>
    private const int MaximumTenants = 50;
    private const int MaximumMovements = 5000;

    private bool _hasBegun;
    private bool _failing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.TailInterval, time);
        try
        {
            do
            {
                await FollowAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        try
        {
            await BeginAsync(cancellationToken);

            // Without a cache there is nothing to write to, and the database has enough to do.
            while (cache.IsConnected && await FollowPageAsync(cancellationToken))
            {
            }

            _failing = false;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            if (!_failing)
            {
                _failing = true;
                LogFailing(error);
            }
        }
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (_hasBegun)
        {
            return;
        }

        await using var command = reads.CreateCommand(BeginAtHeadsSql);
        command.Parameters.Add(Sql.Text(Consumer));
        command.Parameters.Add(Sql.Time(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(cancellationToken);
        _hasBegun = true;
    }

    /// <summary>True when there is more to follow at once.</summary>
    private async Task<bool> FollowPageAsync(CancellationToken cancellationToken)
    {
        var (ranges, hasMore) = await BehindAsync(cancellationToken);
        if (ranges.Count == 0)
        {
            return false;
        }

        var unwritten = ranges.FindAll(static range => !range.IsWritten);
        if (unwritten.Count > 0)
        {
            var levels = await TouchedLevelsAsync(unwritten, cancellationToken);
            await cache.WriteAsync(levels, cancellationToken);
            AvailabilityTelemetry.TailedLevels.Add(levels.Count);
        }

        await AdvanceAsync(ranges, cancellationToken);
        return hasMore;
    }

    private async Task<(List<JournalRange> Ranges, bool HasMore)> BehindAsync(CancellationToken cancellationToken)
    {
        await using var command = reads.CreateCommand(BehindSql);
        command.Parameters.Add(Sql.Text(Consumer));
        command.Parameters.Add(Sql.Number(MaximumTenants));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ranges = new List<JournalRange>();
        long movements = 0;
        while (movements < MaximumMovements && await reader.ReadAsync(cancellationToken))
        {
            var tenantId = reader.GetString(0);
            var after = reader.GetInt64(1);
            var head = reader.GetInt64(2);
            if (Math.Min(head, refresh.Written.From(tenantId, after)) is var written && written > after)
            {
                // In the cache already: passed over as a whole, and what is left is for the next look.
                ranges.Add(new JournalRange(tenantId, after, written, IsWritten: true));
                continue;
            }

            var upTo = Math.Min(head, after + MaximumMovements - movements);
            movements += upTo - after;
            ranges.Add(new JournalRange(tenantId, after, upTo, IsWritten: false));
        }

        return (ranges, movements == MaximumMovements || ranges.Count == MaximumTenants);
    }

    private async Task<List<(TenantKey Key, StockLevel Level)>> TouchedLevelsAsync(List<JournalRange> ranges, CancellationToken cancellationToken)
    {
        await using var batch = journal.CreateBatch();
        foreach (var range in ranges)
        {
            batch.Add(TouchedLevelsSql, Sql.Text(range.TenantId), Sql.Number(range.After), Sql.Number(range.UpTo));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var levels = new List<(TenantKey Key, StockLevel Level)>();
        foreach (var range in ranges)
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var key = new StockKey(reader.GetString(0), reader.GetString(1));
                levels.Add((new TenantKey(range.TenantId, key), LevelRow.Read(reader, key, 2)));
            }

            await reader.NextResultAsync(cancellationToken);
        }

        return levels;
    }

    private async Task AdvanceAsync(List<JournalRange> ranges, CancellationToken cancellationToken)
    {
        // Sorted, so that two replicas that advance the same tenants cannot wait for each other in a circle.
        ranges.Sort((one, other) => string.CompareOrdinal(one.TenantId, other.TenantId));
        await using var command = reads.CreateCommand(AdvanceSql);
        command.Parameters.Add(Sql.Text(Consumer));
        command.Parameters.Add(Sql.Texts(ranges, static range => range.TenantId));
        command.Parameters.Add(Sql.Numbers(ranges, static range => range.UpTo));
        command.Parameters.Add(Sql.Time(time.GetUtcNow()));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private readonly record struct JournalRange(string TenantId, long After, long UpTo, bool IsWritten);

    [LoggerMessage(LogLevel.Warning, "The cache cannot be brought up to date with the journal; this is tried again until it can.")]
    private partial void LogFailing(Exception error);
}
