using System.Collections.Concurrent;
using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.ChangeFeed;

/// <summary>Reads the journal as pages.</summary>
internal sealed partial class FeedReader([FromKeyedServices(DataSources.Reads)] NpgsqlDataSource reads)
{
    public const int WatchPageSize = 500;

    private const int LevelColumn = 17;
    private const int HeadColumn = 26;

    private readonly ConcurrentDictionary<(string TenantId, long After), Task<FeedPage?>> _shared = new();

    /// <summary>Null for a tenant that does not exist. Everything committed before the call is there to be read.</summary>
    public async Task<FeedPage?> ReadAsync(string tenantId, long after, int pageSize, CancellationToken cancellationToken)
    {
        FeedTelemetry.Reads.Add(1);
        await using var command = reads.CreateCommand(PageSql);
        command.Parameters.Add(Sql.Text(tenantId));
        command.Parameters.Add(Sql.Number(after));
        command.Parameters.Add(Sql.Number(pageSize));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var movements = new List<Movement>();
        var levels = new Dictionary<StockKey, StockLevel>();
        long? head = null;
        while (await reader.ReadAsync(cancellationToken))
        {
            head = reader.GetInt64(HeadColumn);
            if (!reader.IsDBNull(0))
            {
                var movement = MovementRow.Read(reader, 0);
                if (movement.Sequence != after + movements.Count + 1)
                {
                    throw new InvalidOperationException($"The journal of {tenantId} lacks sequence {after + movements.Count + 1}.");
                }

                movements.Add(movement);
                levels.TryAdd(movement.Key, LevelRow.Read(reader, movement.Key, LevelColumn));
            }
        }

        return head is { } headSequence ? new FeedPage(movements, levels.Values, headSequence) : null;
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
