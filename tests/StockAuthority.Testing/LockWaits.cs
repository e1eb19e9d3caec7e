using Npgsql;

namespace StockAuthority.Testing;

/// <summary>Sessions that wait for a lock that somebody else holds.</summary>
public static class LockWaits
{
    private const string Sql = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 AND wait_event_type = 'Lock')";

    /// <summary>Whether one of these does in the database of the source.</summary>
    /// <param name="source">As whom the sessions are, or as a superuser: to others it does not say what they wait for.</param>
    /// <param name="application">What the sessions call themselves.</param>
    public static async Task<bool> AnyAsync(NpgsqlDataSource source, string application)
    {
        ArgumentNullException.ThrowIfNull(source);
        await using var command = source.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter { Value = application });
        return (bool)(await command.ExecuteScalarAsync())!;
    }
}
