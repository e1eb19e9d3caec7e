using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using StockAuthority.DevHost.Postgres;
using StockAuthority.DevHost.Processes;

namespace StockAuthority.DevHost.Tryton;

/// <summary>A Tryton server from the system's packages, on a database of a private cluster, with a company that books in one currency.</summary>
public static class TrytonServer
{
    /// <summary>The user that books.</summary>
    public const string User = "admin";

    /// <summary>The packages of Debian and Ubuntu that it needs.</summary>
    public const string Packages =
        "tryton-server tryton-modules-country tryton-modules-party tryton-modules-company tryton-modules-currency tryton-modules-product tryton-modules-stock "
        + "tryton-modules-account python3-psycopg2 python3-bcrypt";

    private const string PasswordFile = "password";

    // The system's own: another Python in PATH does not have its packages.
    private const string Python = "/usr/bin/python3";
    private static readonly string[] Modules = ["ir", "res", "country", "party", "company", "currency", "product", "stock", "account"];
    private static readonly TimeSpan SetUpBound = TimeSpan.FromMinutes(8);

    /// <summary>Null where it can be started; else what to do.</summary>
    public static string? Missing() =>
        Programs.Find("trytond") is not null && Programs.Find("trytond-admin") is not null
        && Directory.Exists("/usr/lib/python3/dist-packages/trytond/modules/stock") && Directory.Exists("/usr/lib/python3/dist-packages/trytond/modules/account")
            ? null
            : $"Tryton is not installed. Debian, Ubuntu: sudo apt-get install --no-install-recommends {Packages}";

    /// <summary>The password that is kept in the folder, or a new one.</summary>
    public static string Password(string folder) => Path.Combine(folder, PasswordFile) is var kept && File.Exists(kept)
        ? File.ReadAllText(kept).Trim()
        : RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Makes the database ready, where it is not yet, and says how to start the server.</summary>
    /// <param name="checkout">Where the set-up script is.</param>
    /// <param name="cluster">The running cluster.</param>
    /// <param name="database">The database's name, which is also its role's.</param>
    /// <param name="folder">For its configuration; nobody else may read it.</param>
    /// <param name="logFile">What the server prints.</param>
    /// <param name="port">Where it listens on 127.0.0.1.</param>
    /// <param name="password">Of <see cref="User"/> and of the database's role.</param>
    /// <param name="skus">For which there are products.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<ChildProgram> PrepareAsync(
        Checkout checkout,
        PostgresCluster cluster,
        string database,
        string folder,
        string logFile,
        int port,
        string password,
        IEnumerable<string> skus,
        CancellationToken cancellationToken = default)
    {
        PrivateFile.CreateFolder(folder);
        var (configuration, passwordFile, root) = (Path.Combine(folder, "trytond.conf"), Path.Combine(folder, PasswordFile), Path.Combine(folder, "root"));
        Directory.CreateDirectory(root);
        await File.WriteAllTextAsync(Path.Combine(root, "index.html"), "<title>Tryton</title>Use a Tryton client, or JSON-RPC.\n", cancellationToken);
        var postgres = new NpgsqlConnectionStringBuilder(await cluster.EnsureDatabaseAsync(database, database, password, cancellationToken));
        PrivateFile.Write(passwordFile, password + "\n");
        PrivateFile.Write(
            configuration,
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                [database]
                uri = postgresql://{postgres.Username}:{Uri.EscapeDataString(password)}@127.0.0.1:{cluster.Port}/
                [web]
                listen = 127.0.0.1:{port}
                root = {root}

                """));
        var made = Path.Combine(folder, "made");
        if (!File.Exists(made))
        {
            await RunAsync(
                "/usr/bin/env",
                [$"TRYTONPASSFILE={passwordFile}", Programs.Find("trytond-admin")!, "-c", configuration, "-d", database, "-u", .. Modules, "--email", "admin@example.com"],
                cancellationToken);
        }

        await RunAsync(Python, ["-W", "ignore", Path.Combine(checkout.Root, "deploy", "tryton", "setup.py"), configuration, database, "EUR", .. skus], cancellationToken);
        await File.WriteAllTextAsync(made, "", cancellationToken);
        return new ChildProgram("tryton", Programs.Find("trytond")!, logFile)
        {
            Arguments = ["-c", configuration, "-d", database],
            Ready = new Uri(Services.Loopback(port), "/"),
        };
    }

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var result = await Tool.RunAsync(program, arguments, SetUpBound, cancellationToken);
        if (!result.Succeeded)
        {
            throw new DevHostException($"Tryton could not be set up: {result.LastLine}");
        }
    }
}
