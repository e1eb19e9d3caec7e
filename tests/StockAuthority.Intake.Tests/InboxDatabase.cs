using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

[assembly: AssemblyFixture(typeof(StockAuthority.Intake.Tests.InboxDatabase))]

namespace StockAuthority.Intake.Tests;

/// <summary>
/// A private PostgreSQL cluster for this test run, with a fresh database for each test that asks. Missing PostgreSQL
/// fails the tests; it never skips them.
/// </summary>
public sealed class InboxDatabase : IAsyncLifetime
{
    private const string User = "intake_test";
    private readonly string _folder = Directory.CreateTempSubdirectory("stockauthority-intake-tests-").FullName;
    private readonly int _port = FreePort();
    private int _databaseCount;

    private string Data => Path.Combine(_folder, "data");

    public async ValueTask InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            // The cluster's user needs a folder of its own.
            await RunAsync("chown", ["postgres", _folder]);
        }

        await RunPostgresAsync("initdb", ["-D", Data, "-U", User, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]);
        var options = string.Create(CultureInfo.InvariantCulture, $"-c listen_addresses=127.0.0.1 -c port={_port} -c unix_socket_directories='' -c max_connections=200");
        await RunPostgresAsync("pg_ctl", ["start", "-D", Data, "-w", "-t", "60", "-l", Path.Combine(_folder, "log"), "-o", options]);
    }

    public async ValueTask DisposeAsync()
    {
        await RunPostgresAsync("pg_ctl", ["stop", "-D", Data, "-m", "immediate", "-w", "-t", "60"]);
        Directory.Delete(_folder, recursive: true);
    }

    public async Task<string> CreateAsync()
    {
        var connectionString = Unmade();
        await MakeAsync(connectionString);
        return connectionString;
    }

    /// <summary>The connection string of a database that is not there yet.</summary>
    public string Unmade() => ConnectionString(string.Create(CultureInfo.InvariantCulture, $"inbox_{Interlocked.Increment(ref _databaseCount)}"));

    public async Task MakeAsync(string connectionString)
    {
        await using var postgres = NpgsqlDataSource.Create(ConnectionString("postgres"));
        await using var create = postgres.CreateCommand($"CREATE DATABASE {new NpgsqlConnectionStringBuilder(connectionString).Database}");
        await create.ExecuteNonQueryAsync();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string ConnectionString(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = _port,
        Username = User,
        Database = database,
        MaxPoolSize = 20,
    }.ConnectionString;

    private static Task RunPostgresAsync(string tool, string[] arguments)
    {
        var path = Path.Combine(Binaries(), tool);

        // PostgreSQL refuses to run as root.
        return Environment.IsPrivilegedProcess
            ? RunAsync("runuser", ["-u", "postgres", "--", path, .. arguments])
            : RunAsync(path, arguments);
    }

    private static string Binaries()
    {
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(version => Path.Combine(version, "bin"))
            : [];
        return onPath.Concat(debian).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")))
            ?? throw new InvalidOperationException("PostgreSQL's initdb is neither on PATH nor under /usr/lib/postgresql: install PostgreSQL 15 or newer.");
    }

    private static async Task RunAsync(string file, string[] arguments)
    {
        // Nothing is redirected: the server that pg_ctl starts would hold the pipes open.
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { WorkingDirectory = "/" })
            ?? throw new InvalidOperationException($"{file} did not start.");
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
        }
    }
}
