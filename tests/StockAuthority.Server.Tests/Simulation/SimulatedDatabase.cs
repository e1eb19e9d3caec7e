using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Testing;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>A real PostgreSQL whose clock is the simulation's: a schema that comes before pg_catalog has now() and clock_timestamp() of its own.</summary>
internal sealed class SimulatedDatabase : IAsyncDisposable
{
    /// <summary>For movements of the time that the histories play in: all of it, as a plan over months of it would only be slower.</summary>
    private const string PartitionSql =
        """
        CREATE TABLE movements_simulated (LIKE movements INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (tenant_id, sequence));
        ALTER TABLE movements ATTACH PARTITION movements_simulated FOR VALUES FROM ('2029-01-01') TO ('2040-01-01');
        """;

    private const string ClockSql =
        """
        CREATE SCHEMA simulation;
        CREATE TABLE simulation.clock (reads timestamptz NOT NULL);
        INSERT INTO simulation.clock VALUES ('epoch');
        CREATE FUNCTION simulation.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT reads FROM simulation.clock';
        CREATE FUNCTION simulation.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT reads FROM simulation.clock';
        """;

    private readonly TestDatabase _database;
    private readonly Stack<Station> _free = new();

    private SimulatedDatabase(TestDatabase database) => _database = database;

    public Activity Activity { get; } = new();

    public NpgsqlDataSource DataSource => _database.DataSource;

    public static async Task<SimulatedDatabase> CreateAsync(TestPostgres databases)
    {
        var database = await databases.CreateDatabaseAsync();
        DatabaseMigration.Run(database.ConnectionString, NullLogger.Instance);
        var simulated = new SimulatedDatabase(database);
        await simulated.ExecuteAsync(ClockSql);
        await simulated.ExecuteAsync(PartitionSql);
        return simulated;
    }

    public async Task<Station> RentAsync() => _free.TryPop(out var station)
        ? station
        : await Station.CreateAsync(
            new NpgsqlConnectionStringBuilder(_database.ConnectionString)
            {
                SearchPath = "simulation,pg_catalog,public",
                SslMode = SslMode.Disable,
                GssEncryptionMode = GssEncryptionMode.Disable,
            },
            Activity);

    public void Return(Station station)
    {
        station.Recover();
        _free.Push(station);
    }

    public Task SetTimeAsync(DateTimeOffset time) => ExecuteAsync("UPDATE simulation.clock SET reads = $1", time);

    public Task AddTenantAsync(string tenantId, string[] locations) => ExecuteAsync(
        """
        WITH tenant AS (INSERT INTO tenants (tenant_id, display_name) VALUES ($1, $1))
        INSERT INTO locations (tenant_id, location_id, display_name) SELECT $1, unnest($2), ''
        """,
        tenantId,
        locations);

    public Task TerminateAsync(int backend) => ExecuteAsync("SELECT pg_terminate_backend($1)", backend);

    public Task CancelAsync(int backend) => ExecuteAsync("SELECT pg_cancel_backend($1)", backend);

    /// <summary>Whether each of these backends waits for another's lock.</summary>
    public Task<bool> AreBlockedAsync(int[] backends) =>
        ReadAsync<bool>("SELECT bool_and(cardinality(pg_blocking_pids(backend)) > 0) FROM unnest($1) AS backend", backends);

    public Task<bool> IsAnsweredAsync(string tenantId, string key) =>
        ReadAsync<bool>("SELECT EXISTS (SELECT FROM outcomes WHERE tenant_id = $1 AND idempotency_key = $2)", tenantId, key);

    /// <summary>The active reservations; only those that are due are what the expiry sweep would find.</summary>
    public Task<long[]> OpenAsync(string tenantId, bool onlyDue) => ReadAsync<long[]>(
        """
        SELECT coalesce(array_agg(reservation_number ORDER BY reservation_number), '{}') FROM reservations, simulation.clock
        WHERE tenant_id = $1 AND state = 1 AND (expire_at <= reads OR NOT $2)
        """,
        tenantId,
        onlyDue);

    public async ValueTask DisposeAsync()
    {
        while (_free.TryPop(out var station))
        {
            await station.DisposeAsync();
        }

        await _database.DisposeAsync();
        Activity.Dispose();
    }

    private async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<T> ReadAsync<T>(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private NpgsqlCommand Command(string sql, object[] parameters)
    {
        var command = DataSource.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        return command;
    }
}
