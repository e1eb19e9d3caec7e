using System.Globalization;
using StockAuthority.DevHost.Postgres;

namespace StockAuthority.Testing;

/// <summary>
/// A real PostgreSQL server of the test assembly's own, started when the first database is asked for. Register it with
/// <c>[assembly: AssemblyFixture(typeof(TestPostgres))]</c> and take it in the test class's constructor.
/// </summary>
public sealed class TestPostgres : IAsyncDisposable
{
    private const int StartAttempts = 3;
    private const string OwnerPassword = "test";

    private static int _clusters;

    private readonly Lazy<Task<PostgresCluster>> _cluster;
    private int _databases;

    /// <summary>A server that survives killed processes and costs no disk sync.</summary>
    public TestPostgres()
        : this(PostgresSettings.Fast)
    {
    }

    private TestPostgres(PostgresSettings settings) => _cluster = new(() => StartAsync(settings));

    /// <summary>A server with settings of one's own. Not a constructor: an assembly's fixture may have only one that is public.</summary>
    public static TestPostgres With(PostgresSettings settings) => new(settings);

    /// <summary>The server. It is shared by all tests of the assembly: make a <see cref="TestPostgres"/> of your own before you stop it.</summary>
    public Task<PostgresCluster> ClusterAsync() => _cluster.Value;

    /// <summary>An empty database, owned by a role that is no superuser, as in production.</summary>
    public async Task<TestDatabase> CreateDatabaseAsync(CancellationToken cancellationToken = default)
    {
        var cluster = await _cluster.Value;
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");

        // A role for each database: several tests may create theirs at once, and roles are altered without waiting.
        var connectionString = await cluster.EnsureDatabaseAsync(name, name + "_owner", OwnerPassword, cancellationToken);
        return new TestDatabase(cluster, name, connectionString);
    }

    /// <summary>Ends the server and deletes its data.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_cluster.IsValueCreated)
        {
            await (await _cluster.Value).DeleteAsync();
        }
    }

    private static async Task<PostgresCluster> StartAsync(PostgresSettings settings)
    {
        var number = Interlocked.Increment(ref _clusters);
        var folder = Path.Combine(await TestWorkspace.FolderAsync(), string.Create(CultureInfo.InvariantCulture, $"postgres-{number}"));
        var logFile = await TestWorkspace.NewLogFileAsync("postgres");
        var cluster = await PostgresCluster.OpenAsync(folder, settings, logFile);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await cluster.StartAsync(DevHost.Ports.Free());
                return cluster;
            }
            catch (DevHost.DevHostException) when (attempt < StartAttempts)
            {
                // Another process took the port between our look and the start.
            }
        }
    }
}
