using Npgsql;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// Lanes' sessions in the middle of a transaction whose server is silent: paused, or gone without a word. They keep the
/// tenants' heads locked, and PostgreSQL's own timeouts end only those that were paused between two round trips, not those that
/// were paused while they sent one. Nothing of theirs is committed, so ending them loses nothing: their server runs the
/// batch again when it goes on.
/// </summary>
internal static class StalledSessions
{
    private const string EndSql =
        """
        SELECT count(pg_terminate_backend(pid))
        FROM pg_stat_activity
        WHERE application_name = $1 AND datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
          AND xact_start IS NOT NULL AND wait_event = 'ClientRead' AND state_change < clock_timestamp() - interval '1 second'
        """;

    /// <returns>How many were ended.</returns>
    public static async Task<long> EndAsync(NpgsqlDataSource dataSource)
    {
        await using var command = dataSource.CreateCommand(EndSql);
        command.Parameters.Add(Sql.Text(DataSources.LedgerApplication));
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
