using System.Collections.Concurrent;
using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.ChangeFeed;

/// <summary>Reads the journal as pages.</summary>
internal sealed partial class FeedReader([FromKeyedServices(DataSources.Journal)] NpgsqlDataSource journal)
{
    public const int WatchPageSize = 500;

    private const int LevelColumn = 17;
    private const int HeadColumn = 26;

    private readonly ConcurrentDictionary<(string TenantId, long After), Task<FeedPage?>> _shared = new();
    private readonly JournalMonths _months = new();

    /// <summary>Null for a tenant that does not exist. Everything committed before the call is there to be read.</summary>
    public async Task<FeedPage?> ReadAsync(string tenantId, long after, int pageSize, CancellationToken cancellationToken)
    {
        FeedTelemetry.Reads.Add(1);
        await using var command = journal.CreateCommand(PageSql);
        command.Parameters.Add(Sql.Text(tenantId));
        command.Parameters.Add(Sql.Number(after));
        command.Parameters.Add(Sql.Number(pageSize));
        command.Parameters.Add(Sql.Time(_months.NotBefore(tenantId, after)));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var movements = new List<Movement>();
        var levels = new Dictionary<StockKey, StockLevel>();
        long? head = null;
        var isGapless = true;
        while (await reader.ReadAsync(cancellationToken))
        {
            head = reader.GetInt64(HeadColumn);
            if (!reader.IsDBNull(0))
            {
                var movement = MovementRow.Read(reader, 0);
                isGapless &= movement.Sequence == after + movements.Count + 1;
                movements.Add(movement);
                levels.TryAdd(movement.Key, LevelRow.Read(reader, movement.Key, LevelColumn));
            }
        }

        if (head is not { } headSequence)
        {
            return null;
        }

        if (!isGapless || (movements.Count == 0 && headSequence > after))
        {
            return await DetachedAsync(tenantId, after, headSequence, cancellationToken);
        }

        _months.Learn(tenantId, movements);
        return new FeedPage(movements, levels.Values, headSequence);
    }

    /// <summary>Asked only where movements are missing: a checkpoint is there before anything is detached.</summary>
    private async Task<FeedPage> DetachedAsync(string tenantId, long after, long head, CancellationToken cancellationToken)
    {
        await using var command = journal.CreateCommand(DetachedSql);
        command.Parameters.Add(Sql.Text(tenantId));
        var detachedUpTo = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        return detachedUpTo > after
            ? new FeedPage([], [], head) { DetachedUpTo = detachedUpTo }
            : throw new InvalidOperationException($"The journal of {tenantId} lacks movements after sequence {after}.");
    }

    /// <summary>
    /// The same for streams: those that stand at one sequence, as all do that keep up, share the read that is under way. It
    /// may have begun before the call.
    /// </summary>
    public async Task<FeedPage?> ReadSharedAsync(string tenantId, long after, CancellationToken cancellationToken)
    {
        var mine = new TaskCompletionSource<FeedPage?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = _shared.GetOrAdd((tenantId, after), mine.Task);
        if (read == mine.Task)
        {
            // Not cancelled with this stream: others may wait for it.
            _ = CompleteAsync(mine, tenantId, after);
        }

        return await read.WaitAsync(cancellationToken);
    }

    private async Task CompleteAsync(TaskCompletionSource<FeedPage?> shared, string tenantId, long after)
    {
        try
        {
            var page = await ReadAsync(tenantId, after, WatchPageSize, CancellationToken.None);
            _shared.TryRemove((tenantId, after), out _);
            shared.SetResult(page);
        }
        catch (Exception error)
        {
            _shared.TryRemove((tenantId, after), out _);
            shared.SetException(error);
        }
    }
}
