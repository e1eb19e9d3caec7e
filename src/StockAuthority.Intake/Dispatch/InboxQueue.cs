using Npgsql;
using NpgsqlTypes;
using StockAuthority.Intake.Inbox;
using StockAuthority.Intake.Providers;

namespace StockAuthority.Intake.Dispatch;

/// <summary>
/// The inbox as the dispatcher sees it. A claim is a lease and not a lock: no transaction is open while the authority is
/// called, and what a dead replica had claimed comes up again when its lease ends. Two replicas that hold one row, after
/// a lease ran out, send the same key and get the same answer.
/// </summary>
internal sealed partial class InboxQueue : IAsyncDisposable
{
    // Longer than a row can wait for its turn and then take with every attempt timing out.
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _clock;
    private readonly GroupWrite<FinishedRow> _finished;

    public InboxQueue(NpgsqlDataSource database, TimeProvider clock)
    {
        (_database, _clock) = (database, clock);
        _finished = new(FinishAsync, static _ => 0);
    }

    public async Task<IReadOnlyList<InboxRow>> ClaimAsync(int mostRows, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        await using var claim = _database.CreateCommand(ClaimSql);
        claim.Parameters.Add(new() { Value = now });
        claim.Parameters.Add(new() { Value = now + Lease });
        claim.Parameters.Add(new() { Value = mostRows });
        await using var reader = await claim.ExecuteReaderAsync(cancellationToken);
        var rows = new List<InboxRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new InboxRow(
                reader.GetGuid(0),
                reader.GetString(1),
                reader.GetString(2),
                reader.GetString(3),
                await reader.GetFieldValueAsync<DateTimeOffset>(4, cancellationToken),
                await reader.GetFieldValueAsync<byte[]>(5, cancellationToken),
                reader.GetInt32(6),
                reader.GetInt32(7),
                reader.GetInt32(8),
                await NullableAsync<byte[]>(reader, 9, cancellationToken),
                await NullableAsync<string>(reader, 10, cancellationToken),
                await NullableAsync<string>(reader, 11, cancellationToken)));
        }

        return rows;
    }

    public Task MarkDispatchedAsync(InboxRow row, string resolution, string reason, CancellationToken cancellationToken) =>
        _finished.WriteAsync(new FinishedRow(row, "dispatched", resolution, reason), cancellationToken);

    public Task MarkRefusedAsync(InboxRow row, string reason, CancellationToken cancellationToken) =>
        _finished.WriteAsync(new FinishedRow(row, "refused", null, reason), cancellationToken);

    /// <summary>
    /// Has finished rows translated and dispatched again, under new keys: for events that were parked, once the cause is
    /// cured. The authority knows an event by its own id, so one that was applied already is a no-op.
    /// </summary>
    /// <returns>How many rows there were; those that are pending are left alone.</returns>
    public async Task<int> ReplayAsync(IReadOnlyList<Guid> inboxIds, CancellationToken cancellationToken)
    {
        await using var replay = _database.CreateCommand(ReplaySql);
        replay.Parameters.Add(new() { Value = inboxIds.ToArray() });
        replay.Parameters.Add(new() { Value = _clock.GetUtcNow() });
        return await replay.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Returns once what was fetched is committed.</summary>
    /// <returns>The row with what is stored: another replica may have been first.</returns>
    public Task<InboxRow> CompleteAsync(InboxRow row, FetchOutcome.Fetched fetched, CancellationToken cancellationToken) =>
        CompleteAsync(row, fetched.Document, fetched.EventId, null, cancellationToken);

    /// <summary>Returns once it is committed why nothing was fetched.</summary>
    /// <returns>The row with what is stored: another replica may have been first.</returns>
    public Task<InboxRow> GiveUpFetchingAsync(InboxRow row, string problem, CancellationToken cancellationToken) =>
        CompleteAsync(row, null, null, problem, cancellationToken);

    /// <summary>Returns once the lines of a part are rows of their own, those that were there already excepted, and the cursor is past them.</summary>
    /// <returns>The row as it is then, complete after the last part; null where another replica is at it.</returns>
    public async Task<InboxRow?> StorePartAsync(InboxRow row, FetchOutcome.Part part, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var advance = new NpgsqlCommand(AdvanceReportSql, connection, transaction)
        {
            Parameters =
            {
                new() { Value = row.InboxId },
                new() { Value = row.TenantId },
                new() { Value = (object?)row.ReportCursor ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = (object?)part.Next ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = (long)part.Lines.Count },
                new() { Value = now + Lease },
            },
        };
        InboxRow stored;
        await using (var reader = await advance.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
            {
                return null;
            }

            stored = row with { ReportCursor = part.Next, AttemptCount = 0, Completion = await NullableAsync<byte[]>(reader, 0, cancellationToken) };
        }

        await using var insert = PulledRows.Insert(connection, transaction, new PulledAccount(row.TenantId, row.Provider, row.Account), part.Lines, now);
        await insert.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return stored;
    }

    public ValueTask DisposeAsync() => _finished.DisposeAsync();

    public async Task DeferAsync(InboxRow row, TimeSpan delay, string reason, CancellationToken cancellationToken)
    {
        await using var defer = _database.CreateCommand(DeferSql);
        defer.Parameters.Add(new() { Value = row.InboxId });
        defer.Parameters.Add(new() { Value = row.TenantId });
        defer.Parameters.Add(new() { Value = _clock.GetUtcNow() + delay });
        defer.Parameters.Add(new() { Value = reason });
        await defer.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<T?> NullableAsync<T>(NpgsqlDataReader reader, int ordinal, CancellationToken cancellationToken)
        where T : class =>
        await reader.IsDBNullAsync(ordinal, cancellationToken) ? null : await reader.GetFieldValueAsync<T>(ordinal, cancellationToken);

    private async Task<InboxRow> CompleteAsync(InboxRow row, byte[]? completion, string? eventId, string? problem, CancellationToken cancellationToken)
    {
        await using var complete = _database.CreateCommand(CompleteSql);
        complete.Parameters.Add(new() { Value = row.InboxId });
        complete.Parameters.Add(new() { Value = row.TenantId });
        complete.Parameters.Add(new() { Value = (object?)completion ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea });
        complete.Parameters.Add(new() { Value = (object?)problem ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        complete.Parameters.Add(new() { Value = (object?)eventId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        await using var reader = await complete.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? row with
            {
                Completion = await NullableAsync<byte[]>(reader, 0, cancellationToken),
                CompletionProblem = await NullableAsync<string>(reader, 1, cancellationToken),
            }
            : throw new InvalidOperationException($"Row {row.InboxId} is not in the inbox any more.");
    }

    private async Task FinishAsync(IReadOnlyList<FinishedRow> finished, CancellationToken cancellationToken)
    {
        await using var finish = _database.CreateCommand(FinishSql);
        finish.Parameters.Add(new() { Value = finished.Select(each => each.Row.InboxId).ToArray() });
        finish.Parameters.Add(new() { Value = finished.Select(each => each.Row.TenantId).ToArray() });
        finish.Parameters.Add(new() { Value = finished.Select(each => each.Status).ToArray() });
        finish.Parameters.Add(new() { Value = finished.Select(each => each.Resolution).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        finish.Parameters.Add(new() { Value = finished.Select(each => each.Reason).ToArray() });
        finish.Parameters.Add(new() { Value = _clock.GetUtcNow() });
        await finish.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record FinishedRow(InboxRow Row, string Status, string? Resolution, string Reason);
}
