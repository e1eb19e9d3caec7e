using Npgsql;

namespace StockAuthority.Intake.Tests;

/// <summary>Until it is disposed, no row gets into the inbox: an insert that has begun waits.</summary>
internal sealed class LockedInbox : IAsyncDisposable
{
    private const string Inserts = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO inbox%'";

    private readonly RunningIntake _intake;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private LockedInbox(RunningIntake intake, NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (_intake, _connection, _transaction) = (intake, connection, transaction);

    public static async Task<LockedInbox> OfAsync(RunningIntake intake)
    {
        var connection = await intake.Database.OpenConnectionAsync();
        var locked = new LockedInbox(intake, connection, await connection.BeginTransactionAsync());
        await using var command = new NpgsqlCommand("LOCK TABLE inbox IN EXCLUSIVE MODE", connection, locked._transaction);
        await command.ExecuteNonQueryAsync();
        return locked;
    }

    /// <summary>Returns when an insert waits.</summary>
    public Task InsertWaitsAsync() => Eventually.GetAsync(() => _intake.ReadAsync<long>("SELECT count(*) " + Inserts), waiting => waiting == 1);

    /// <summary>Ends the session of an insert that waits.</summary>
    public Task EndInsertAsync() => Eventually.GetAsync(() => _intake.ReadAsync<long>("SELECT count(pg_terminate_backend(pid)) " + Inserts), ended => ended == 1);

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
