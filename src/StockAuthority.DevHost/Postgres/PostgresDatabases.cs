using Npgsql;

namespace StockAuthority.DevHost.Postgres;

// CREATE ROLE and its kind take no parameters, so names and the password are quoted by PostgreSQL's own rules.
#pragma warning disable CA2100

/// <summary>Databases and the roles that own them.</summary>
public static class PostgresDatabases
{
    private const string RoleExistsSql = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = @name)";
    private const string DatabaseExistsSql = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = @name)";

    /// <summary>Makes the role, sets its password, makes its database. Only the owner can connect to it. Safe to repeat.</summary>
    public static async Task<string> EnsureDatabaseAsync(
        this PostgresCluster cluster, string database, string role, string password, CancellationToken cancellationToken = default)
    {
        await using var source = NpgsqlDataSource.Create(cluster.SuperuserConnectionString());
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        if (!await ExistsAsync(connection, RoleExistsSql, role, cancellationToken))
        {
            await ExecuteAsync(connection, $"CREATE ROLE {Name(role)} LOGIN", cancellationToken);
        }

        await ExecuteAsync(connection, $"ALTER ROLE {Name(role)} PASSWORD {Text(password)}", cancellationToken);
        if (!await ExistsAsync(connection, DatabaseExistsSql, database, cancellationToken))
        {
            await ExecuteAsync(connection, $"CREATE DATABASE {Name(database)} OWNER {Name(role)} TEMPLATE template0 ENCODING 'UTF8'", cancellationToken);
        }

        await ExecuteAsync(connection, $"REVOKE ALL ON DATABASE {Name(database)} FROM PUBLIC", cancellationToken);
        return cluster.ConnectionString(database, role, password);
    }

    /// <summary>Disconnects everyone and drops the database; no error where there is none.</summary>
    public static async Task DropDatabaseAsync(this PostgresCluster cluster, string database, CancellationToken cancellationToken = default)
    {
        await using var source = NpgsqlDataSource.Create(cluster.SuperuserConnectionString());
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await ExecuteAsync(connection, $"DROP DATABASE IF EXISTS {Name(database)} WITH (FORCE)", cancellationToken);
    }

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection, string sql, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new("name", name) } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
