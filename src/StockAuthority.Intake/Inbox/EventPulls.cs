using Npgsql;
using NpgsqlTypes;

namespace StockAuthority.Intake.Inbox;

/// <summary>
/// How far the events of each account have been pulled. A run is a lease, as a claim in the inbox is: one replica at a time has it,
/// every page extends it, and what a dead one had not finished another begins again when it ends.
/// </summary>
internal sealed partial class EventPulls(NpgsqlDataSource database, TimeProvider clock)
{
    // Longer than asking for a page can take, with every attempt timing out.
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    /// <param name="since">The time to begin with where the account is new here; null for its first webhook.</param>
    public async Task BeginAsync(PulledAccount account, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        await using var begin = Command(BeginSql, account, new() { Value = clock.GetUtcNow() }, Time(since));
        await begin.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Null where it is not due, or another replica is at it.</summary>
    public async Task<EventPull?> ClaimAsync(PulledAccount account, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var run = Guid.NewGuid();
        await using var claim = Command(ClaimSql, account, new() { Value = now }, new() { Value = now + Lease }, new() { Value = run });
        await using var reader = await claim.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new EventPull(
                account,
                run,
                await reader.GetFieldValueAsync<DateTimeOffset>(0, cancellationToken),
                await reader.GetFieldValueAsync<DateTimeOffset>(1, cancellationToken),
                await reader.IsDBNullAsync(2, cancellationToken) ? null : await reader.GetFieldValueAsync<DateTimeOffset>(2, cancellationToken))
            : null;
    }

    /// <summary>Returns once those that were not in the inbox yet are committed, to be dispatched like any other.</summary>
    /// <returns>How many they were; null where the run has lost its lease and has to end.</returns>
    public async Task<int?> StoreAsync(EventPull pull, IReadOnlyList<PulledEvent> events, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var extend = new NpgsqlCommand(ExtendSql, connection, transaction);
        Fill(extend, pull.Account, new() { Value = pull.RunId }, new() { Value = now + Lease });
        await using var insert = PulledRows.Insert(connection, transaction, pull.Account, events, now);
        if (await extend.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            return null;
        }

        var stored = await insert.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return stored;
    }

    /// <summary>Records that all events of before <paramref name="through"/> are in the inbox.</summary>
    public async Task<bool> AdvanceAsync(EventPull pull, DateTimeOffset through, CancellationToken cancellationToken)
    {
        await using var advance = Command(
            AdvanceSql, pull.Account, new() { Value = pull.RunId }, new() { Value = through }, new() { Value = clock.GetUtcNow() + Lease });
        return await advance.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    public async Task FinishAsync(EventPull pull, DateTimeOffset dueAt, DateTimeOffset? undeliveredCheckedAt, CancellationToken cancellationToken)
    {
        await using var finish = Command(FinishSql, pull.Account, new() { Value = pull.RunId }, new() { Value = dueAt }, Time(undeliveredCheckedAt));
        await finish.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlCommand Command(string sql, PulledAccount account, params ReadOnlySpan<NpgsqlParameter> more)
    {
        var command = database.CreateCommand(sql);
        Fill(command, account, more);
        return command;
    }

    private static void Fill(NpgsqlCommand command, PulledAccount account, params ReadOnlySpan<NpgsqlParameter> more)
    {
        command.Parameters.Add(new() { Value = account.Account });
        command.Parameters.Add(new() { Value = account.Provider });
        command.Parameters.Add(new() { Value = account.TenantId });
        foreach (var parameter in more)
        {
            command.Parameters.Add(parameter);
        }
    }

    private static NpgsqlParameter<DateTimeOffset?> Time(DateTimeOffset? time) => new() { TypedValue = time, NpgsqlDbType = NpgsqlDbType.TimestampTz };
}
