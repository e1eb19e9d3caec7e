using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using StockAuthority.DevHost.Processes;

namespace StockAuthority.DevHost.Postgres;

/// <summary>
/// A private PostgreSQL cluster in one folder: made on first start, on 127.0.0.1 only, with a generated superuser
/// password. Not safe for concurrent starts and stops.
/// </summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    /// <summary>The superuser of every cluster.</summary>
    public const string Superuser = "postgres";

    private static readonly TimeSpan CreateBound = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StartBound = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopBound = TimeSpan.FromSeconds(30);

    private readonly ServiceAccount _account;
    private readonly PostgresSettings _settings;
    private readonly string _folder;

    private PostgresCluster(PostgresBinaries binaries, ServiceAccount account, string folder, string logFile, PostgresSettings settings)
    {
        Binaries = binaries;
        _account = account;
        _folder = folder;
        LogFile = logFile;
        _settings = settings;
    }

    /// <summary>The programs that it runs, also for pgbench.</summary>
    public PostgresBinaries Binaries { get; }

    /// <summary>What the server logs.</summary>
    public string LogFile { get; }

    /// <summary>The port on 127.0.0.1; 0 before the first start.</summary>
    public int Port { get; private set; }

    /// <summary>The server process; null while it is stopped.</summary>
    public ProcessIdentity? Postmaster { get; private set; }

    private string Data => Path.Combine(_folder, "data");

    private string PasswordFile => Path.Combine(_folder, "superuser-password");

    private string PostmasterFile => Path.Combine(Data, "postmaster.pid");

    /// <summary>Takes the folder's cluster, or makes one there. Nothing runs yet.</summary>
    /// <param name="folder">Holds the data, the superuser's password and, without <paramref name="logFile"/>, the log.</param>
    /// <param name="settings">Used at every start.</param>
    /// <param name="logFile">Where the server logs to.</param>
    /// <param name="cancellationToken">Ends the creation.</param>
    public static async Task<PostgresCluster> OpenAsync(string folder, PostgresSettings settings, string? logFile = null, CancellationToken cancellationToken = default)
    {
        var binaries = await PostgresBinaries.FindAsync(cancellationToken);
        var account = await ServiceAccount.ChooseAsync("postgres", cancellationToken);
        var cluster = new PostgresCluster(binaries, account, folder, logFile ?? Path.Combine(folder, "postgres.log"), settings);
        await cluster.CreateAsync(cancellationToken);
        return cluster;
    }

    /// <summary>How a role reaches a database of this cluster.</summary>
    public string ConnectionString(string database, string role, string password) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Database = database,
        Username = role,
        Password = password,
    }.ConnectionString;

    /// <summary>How the superuser reaches a database, without pooling.</summary>
    public string SuperuserConnectionString(string database = "postgres") => new NpgsqlConnectionStringBuilder(
        ConnectionString(database, Superuser, File.ReadAllText(PasswordFile)))
    {
        Pooling = false,
    }.ConnectionString;

    /// <summary>Starts the server, after ending one that a killed process left behind on the same data.</summary>
    /// <param name="port">0 takes a free one at the first start and the same one later.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task StartAsync(int port = 0, CancellationToken cancellationToken = default)
    {
        await EndOrphanAsync(_folder);

        await ForgetRecycledPostmasterAsync(cancellationToken);
        Port = port != 0 ? port : Port != 0 ? Port : Ports.Free();
        var parameters = _settings.Parameters
            .Append(new("listen_addresses", "127.0.0.1"))
            .Append(new("port", Port.ToString(CultureInfo.InvariantCulture)))

            // No socket file: its path would have to fit into 107 bytes, and a checkout may be anywhere.
            .Append(new("unix_socket_directories", ""))
            .Select(parameter => $"-c {parameter.Key}={parameter.Value}");
        var started = await _account.RunAsync(
            Binaries.Program("pg_ctl"), ["-D", Data, "start", "-w", "-t", "100", "-l", LogFile, "-o", string.Join(' ', parameters)], StartBound, cancellationToken);
        if (!started.Succeeded)
        {
            throw new DevHostException($"PostgreSQL did not start: {LogTail.Fatal(LogFile) ?? started.LastLine} (log: {LogFile}).");
        }

        Postmaster = FindPostmaster(_folder);
    }

    /// <summary>Ends the server: clients are disconnected, everything is written, a later start needs no recovery.</summary>
    public Task StopAsync() => StopAsync(Unix.Interrupt);

    /// <summary>Ends the server as a crash would: nothing is written, and the next start recovers from the log.</summary>
    public Task KillAsync() => StopAsync(Unix.Quit);

    /// <summary>Stops and starts on the same port.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>Ends the server and deletes the folder.</summary>
    public async Task DeleteAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Ends the server.</summary>
    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>The server that runs on a folder's cluster, whoever started it; null where none does.</summary>
    public static ProcessIdentity? FindPostmaster(string folder)
    {
        var data = Path.Combine(folder, "data");
        var file = Path.Combine(data, "postmaster.pid");
        if (!File.Exists(file) || !int.TryParse(File.ReadLines(file).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var processId))
        {
            return null;
        }

        // The id may have gone to another process since; only a server that was started on this very folder is ours.
        return ProcessCommandLine.Of(processId).Contains($"-D {data} ", StringComparison.Ordinal) ? ProcessIdentity.Of(processId) : null;
    }

    /// <summary>Ends the server that a killed process left running on a folder's cluster. Answers whether there was one.</summary>
    public static async Task<bool> EndOrphanAsync(string folder)
    {
        if (FindPostmaster(folder) is not { } orphan)
        {
            return false;
        }

        await EndAsync(orphan, Unix.Interrupt);
        return true;
    }

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        if (File.Exists(Path.Combine(Data, "PG_VERSION")))
        {
            await CheckVersionAsync(cancellationToken);
        }
        else
        {
            // A creation that was interrupted left no version file; it starts again from nothing.
            if (Directory.Exists(_folder))
            {
                Directory.Delete(_folder, recursive: true);
            }

            PrivateFile.CreateFolder(_folder);
            PrivateFile.CreateFolder(Data);
            PrivateFile.Write(PasswordFile, RandomNumberGenerator.GetHexString(32, lowercase: true));
            await _account.OwnAsync(_folder, cancellationToken);
            string[] arguments =
            [
                "-D", Data, "-U", Superuser, "-E", "UTF8", "--locale=C", "--auth=scram-sha-256", "--pwfile", PasswordFile,
                .. _settings.SyncsToDisk ? Array.Empty<string>() : ["--no-sync"],
            ];
            var created = await _account.RunAsync(Binaries.Program("initdb"), arguments, CreateBound, cancellationToken);
            if (!created.Succeeded)
            {
                Directory.Delete(_folder, recursive: true);
                throw new DevHostException($"PostgreSQL could not create a cluster in {_folder}: {ErrorLine(created)}.");
            }
        }

        Directory.CreateDirectory(Path.GetDirectoryName(LogFile)!);
        await File.AppendAllTextAsync(LogFile, "", cancellationToken);
        await _account.OwnAsync(LogFile, cancellationToken);
    }

    private async Task ForgetRecycledPostmasterAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(PostmasterFile))
        {
            return;
        }

        // After a crash the file still names a process. Where its id has gone to another program of the same account,
        // the server would refuse to start for ever.
        var firstLine = (await File.ReadAllLinesAsync(PostmasterFile, cancellationToken)).FirstOrDefault();
        if (int.TryParse(firstLine, NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
            && !ProcessCommandLine.Of(processId).Contains("postgres", StringComparison.Ordinal))
        {
            File.Delete(PostmasterFile);
        }
    }

    private async Task CheckVersionAsync(CancellationToken cancellationToken)
    {
        var version = (await File.ReadAllTextAsync(Path.Combine(Data, "PG_VERSION"), cancellationToken)).Trim();
        if (version != Binaries.MajorVersion.ToString(CultureInfo.InvariantCulture))
        {
            throw new DevHostException(
                $"The cluster in {_folder} belongs to PostgreSQL {version}, but {Binaries.Folder} is version {Binaries.MajorVersion}: install version {version}, or start afresh with ./dev reset.");
        }
    }

    private async Task StopAsync(int signal)
    {
        if (FindPostmaster(_folder) is { } running)
        {
            await EndAsync(running, signal);
        }

        Postmaster = null;
    }

    // Signals mean to PostgreSQL: SIGINT fast shutdown, SIGQUIT immediate shutdown.
    private static async Task EndAsync(ProcessIdentity postmaster, int signal)
    {
        Unix.Signal(postmaster.ProcessId, signal);
        if (!await Wait.UntilAsync(() => !postmaster.IsRunning, StopBound))
        {
            Unix.Signal(postmaster.ProcessId, Unix.Quit);
            if (!await Wait.UntilAsync(() => !postmaster.IsRunning, StopBound))
            {
                postmaster.Kill();
            }
        }
    }

    private static string ErrorLine(Tool.Result result) =>
        result.Output.Split('\n').FirstOrDefault(line => line.Contains("error:", StringComparison.Ordinal))?.Trim() ?? result.LastLine;
}
