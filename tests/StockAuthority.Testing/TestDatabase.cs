using Npgsql;
using StockAuthority.DevHost.Postgres;

namespace StockAuthority.Testing;

/// <summary>One database of a <see cref="TestPostgres"/>, dropped when disposed.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private readonly PostgresCluster _cluster;
    private readonly Lazy<NpgsqlDataSource> _dataSource;

    internal TestDatabase(PostgresCluster cluster, string name, string connectionString)
    {
        _cluster = cluster;
        Name = name;
        ConnectionString = connectionString;
        _dataSource = new(() => NpgsqlDataSource.Create(connectionString));
    }

    /// <summary>Its name in the cluster.</summary>
    public string Name { get; }

    /// <summary>As its owner, who is no superuser.</summary>
    public string ConnectionString { get; }

    /// <summary>As the superuser, for what only an outsider could do, such as tampering or ending other sessions.</summary>
    public string SuperuserConnectionString => _cluster.SuperuserConnectionString(Name);

    /// <summary>Connections as its owner.</summary>
    public NpgsqlDataSource DataSource => _dataSource.Value;

    /// <summary>Disconnects everyone and drops it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_dataSource.IsValueCreated)
        {
            await _dataSource.Value.DisposeAsync();
        }

        // A test may have ended the server for good.
        if (_cluster.Postmaster is { IsRunning: true })
        {
            await _cluster.DropDatabaseAsync(Name);
        }
    }
}
