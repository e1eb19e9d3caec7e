namespace StockAuthority.DevHost;

/// <summary>Where things are in the checkout that this program was built in.</summary>
public sealed class Checkout
{
    private const string Configuration =
#if DEBUG
        "Debug";
#else
        "Release";
#endif

    private Checkout(string root) => Root = root;

    /// <summary>The folder that holds <c>StockAuthority.sln</c>.</summary>
    public string Root { get; }

    /// <summary>What a running system leaves: endpoints, tokens, secrets, logs. Never committed.</summary>
    public string Dev => Path.Combine(Root, ".local", "dev");

    /// <summary>The processes of the running system.</summary>
    internal string ProcessRecord => Path.Combine(Dev, "processes.json");

    /// <summary>The development database cluster.</summary>
    public string Postgres => Path.Combine(Root, ".local", "postgres");

    /// <summary>Scratch of running tests, one folder for each test process.</summary>
    public string Tests => Path.Combine(Root, ".local", "tests");

    /// <summary>Finds the checkout above the running program. The working directory does not matter.</summary>
    public static Checkout Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "StockAuthority.sln")))
            {
                return new Checkout(folder.FullName);
            }
        }

        throw new DevHostException($"No StockAuthority.sln above {AppContext.BaseDirectory}: run the program from inside its checkout.");
    }

    /// <summary>The built program of a project, for example <c>src/StockAuthority.Server</c>.</summary>
    public string Program(string project, string assembly)
    {
        var path = Path.Combine(Root, project, "bin", Configuration, "net10.0", assembly + ".dll");
        return File.Exists(path)
            ? path
            : throw new DevHostException($"{assembly} is not built: {Path.GetRelativePath(Root, path)} is missing; ./dev builds it, and so does dotnet build -c Release.");
    }
}
