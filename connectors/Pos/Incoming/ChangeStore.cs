using Npgsql;
using NpgsqlTypes;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>
/// The changes that are to be booked, and how far Square's list has been read. A claim is a lease and not a lock: no transaction is open while the authority
/// is called, and what a dead process had claimed comes up again. Two that book one change send the same key.
/// </summary>
internal sealed partial class ChangeStore(NpgsqlDataSource database, ConnectorOptions connector, TimeProvider clock)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>Since when changes are booked, and up to when they have been read; both are now at the first time.</summary>
    public async Task<(DateTimeOffset SinceAt, DateTimeOffset PulledThroughAt)> BeginAsync(CancellationToken cancellationToken)
    {
        await using var begin = Command(BeginSql, connector.Consumer, connector.TenantId, clock.GetUtcNow());
        await using var reader = await begin.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (await reader.GetFieldValueAsync<DateTimeOffset>(0, cancellationToken), await reader.GetFieldValueAsync<DateTimeOffset>(1, cancellationToken));
    }

    /// <summary>Returns once they are committed.</summary>
    /// <returns>How many were not there already.</returns>
    public async Task<int> StoreAsync(IReadOnlyList<(TillChange Change, byte[] Body)> changes, CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
        {
            return 0;
        }

        await using var store = Command(StoreSql, connector.Consumer, connector.TenantId, clock.GetUtcNow());
        store.Parameters.Add(Texts(changes.Select(each => each.Change.Id)));
        store.Parameters.Add(Texts(changes.Select(each => each.Change.Type)));
        store.Parameters.Add(Texts(changes.Select(each => each.Change.CatalogObjectId)));
        store.Parameters.Add(Texts(changes.Select(each => each.Change.LocationId)));
        store.Parameters.Add(Times(changes.Select(each => each.Change.OccurredAt)));
        store.Parameters.Add(Times(changes.Select(each => each.Change.CreatedAt)));
        store.Parameters.Add(new() { Value = changes.Select(each => each.Body).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        return await store.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>All pages up to there are stored.</summary>
    public async Task AdvanceAsync(DateTimeOffset through, CancellationToken cancellationToken)
    {
        await using var advance = Command(AdvanceSql, connector.Consumer, connector.TenantId, through.ToUniversalTime());
        await advance.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What is due, in the order in which it happened.</summary>
    public async Task<IReadOnlyList<StoredChange>> ClaimAsync(int most, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var claim = Command(ClaimSql, connector.Consumer, connector.TenantId, now, now + Lease, most);
        await using var reader = await claim.ExecuteReaderAsync(cancellationToken);
        var claimed = new List<StoredChange>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var body = await reader.GetFieldValueAsync<byte[]>(0, cancellationToken);
            claimed.Add(new StoredChange(TillChange.Read(body), body, reader.GetInt32(1), reader.GetInt32(2), reader.GetInt32(3), reader.GetBoolean(4)));
        }

        return claimed;
    }

    /// <param name="status">booked, nothing or refused.</param>
    /// <param name="dueAt">When a refused one is tried again.</param>
    /// <param name="doneCount">Commands of it that are done.</param>
    public async Task FinishAsync(TillChange change, string status, string reason, DateTimeOffset dueAt, int doneCount, CancellationToken cancellationToken)
    {
        await using var finish = Command(FinishSql, change.Id, connector.Consumer, connector.TenantId, status, reason, clock.GetUtcNow(), dueAt, doneCount);
        await finish.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task DeferAsync(TillChange change, TimeSpan delay, string error, CancellationToken cancellationToken)
    {
        await using var defer = Command(DeferSql, change.Id, connector.Consumer, connector.TenantId, clock.GetUtcNow() + delay, error);
        await defer.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Whether others of the same item and place are refused, so that their case stays open.</summary>
    public async Task<bool> OthersAreRefusedAsync(TillChange change, CancellationToken cancellationToken)
    {
        await using var others = Command(OthersRefusedSql, change.Id, connector.Consumer, connector.TenantId, change.CatalogObjectId, change.LocationId);
        return (bool)(await others.ExecuteScalarAsync(cancellationToken))!;
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }

    private static NpgsqlParameter Texts(IEnumerable<string> texts) => new() { Value = texts.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static NpgsqlParameter Times(IEnumerable<DateTimeOffset> times) =>
        new() { Value = times.Select(time => time.ToUniversalTime()).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };
}
