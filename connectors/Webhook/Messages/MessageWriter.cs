using Npgsql;
using NpgsqlTypes;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Webhook.Messages;

// Every statement is a constant beside this file.
#pragma warning disable CA2100

/// <summary>
/// Stores what subscribers have to be told: of each level the newest version. A message that was never sent is replaced by a newer
/// one; one that was sent without success is superseded, because its id stands for what it said.
/// </summary>
internal sealed partial class MessageWriter(NpgsqlDataSource database, WebhookOptions options, TimeProvider clock)
{
    private sealed record Row(string Subscriber, LevelChange Change, byte[] Body);

    /// <summary>Returns once all are committed. A version that is not newer than what was stored before changes nothing.</summary>
    public async Task StoreAsync(string tenantId, IReadOnlyList<LevelChange> changes, CancellationToken cancellationToken)
    {
        // In one order, so that two processes that store at once wait for each other and never in a circle.
        List<Row> rows =
        [
            .. from change in changes.OrderBy(change => change.Key.Sku, StringComparer.Ordinal).ThenBy(change => change.Key.LocationId, StringComparer.Ordinal)
               let body = WebhookEvents.Body(tenantId, change)
               from subscriber in options.Subscribers
               where subscriber.Wants(WebhookEvents.LevelChanged, change.Key)
               select new Row(subscriber.Name, change, body),
        ];
        if (rows.Count == 0)
        {
            return;
        }

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var subscribers = Command(KnowSubscribersSql, connection, transaction, Texts(rows.Select(row => row.Subscriber).Distinct(StringComparer.Ordinal)));
        await subscribers.ExecuteNonQueryAsync(cancellationToken);
        var newer = await RowsAsync(AdvanceVersionsSql, tenantId, rows, connection, transaction, cancellationToken);
        var replaced = await RowsAsync(ReplaceUnsentSql, tenantId, newer, connection, transaction, cancellationToken);
        var rest = newer.Except(replaced).ToList();
        await RowsAsync(SupersedeSql, tenantId, rest, connection, transaction, cancellationToken);
        await RowsAsync(InsertSql, tenantId, rest, connection, transaction, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>What subscribers were told last, or are about to be; null where none is told of the level.</summary>
    public async Task<IReadOnlyList<long?>> ReadAsync(string tenantId, IReadOnlyList<StockKey> keys, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(ReadSql);
        command.Parameters.Add(new() { Value = tenantId });
        command.Parameters.Add(Texts(keys.Select(key => key.Sku)));
        command.Parameters.Add(Texts(keys.Select(key => key.LocationId)));
        command.Parameters.Add(Texts(options.Subscribers.Select(subscriber => subscriber.Name)));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new Dictionary<StockKey, long>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found[new StockKey(reader.GetString(0), reader.GetString(1))] = reader.GetInt64(2);
        }

        return [.. keys.Select(key => found.TryGetValue(key, out var available) ? available : (long?)null)];
    }

    /// <summary>Runs a statement over the rows and answers those that it returned, by their positions.</summary>
    private async Task<List<Row>> RowsAsync(
        string sql, string tenantId, List<Row> rows, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return rows;
        }

        await using var command = Command(
            sql,
            connection,
            transaction,
            new() { Value = tenantId },
            Texts(rows.Select(row => row.Subscriber)),
            Texts(rows.Select(row => row.Change.Key.Sku)),
            Texts(rows.Select(row => row.Change.Key.LocationId)),
            Numbers(rows.Select(row => row.Change.Version)),
            Numbers(rows.Select(row => row.Change.Sequence)),
            new() { Value = rows.Select(row => row.Body).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
            Texts(rows.Select(_ => $"msg_{Guid.CreateVersion7(clock.GetUtcNow()):N}")),
            new() { Value = clock.GetUtcNow() },
            Numbers(rows.Select(row => row.Change.Available)));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var returned = new HashSet<(string, StockKey)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            returned.Add((reader.GetString(0), new StockKey(reader.GetString(1), reader.GetString(2))));
        }

        return [.. rows.Where(row => returned.Contains((row.Subscriber, row.Change.Key)))];
    }

    private static NpgsqlCommand Command(string sql, NpgsqlConnection connection, NpgsqlTransaction transaction, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static NpgsqlParameter Texts(IEnumerable<string> texts) => new() { Value = texts.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static NpgsqlParameter Numbers(IEnumerable<long> numbers) => new() { Value = numbers.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
}
