using System.Globalization;
using System.Text.RegularExpressions;
using StockAuthority.DevHost.Processes;

namespace StockAuthority.DevHost.Postgres;

/// <summary>A folder with PostgreSQL's server programs.</summary>
public sealed partial class PostgresBinaries
{
    /// <summary>The oldest major version that the authority supports.</summary>
    public const int OldestVersion = 15;

    private static readonly TimeSpan AskBound = TimeSpan.FromSeconds(10);

    // Debian and Ubuntu, the PostgreSQL project's own RPMs, Homebrew on both kinds of Mac: a folder per major version.
    private static readonly (string Folder, string Pattern)[] FoldersByVersion =
    [
        ("/usr/lib/postgresql", "*"), ("/usr", "pgsql-*"), ("/opt/homebrew/opt", "postgresql@*"), ("/usr/local/opt", "postgresql@*"),
        ("/home/linuxbrew/.linuxbrew/opt", "postgresql@*"),
    ];

    private PostgresBinaries(string folder, int majorVersion)
    {
        Folder = folder;
        MajorVersion = majorVersion;
    }

    /// <summary>Holds initdb, pg_ctl, postgres.</summary>
    public string Folder { get; }

    /// <summary>For example 17.</summary>
    public int MajorVersion { get; }

    /// <summary>The full path of one program.</summary>
    public string Program(string name) => Path.Combine(Folder, name);

    /// <summary>Looks in PATH, then where pg_config points, then in the folders of the distributions, newest first.</summary>
    public static async Task<PostgresBinaries> FindAsync(CancellationToken cancellationToken = default)
    {
        var tooOld = new List<string>();
        await foreach (var folder in CandidatesAsync(cancellationToken))
        {
            if (!File.Exists(Path.Combine(folder, "initdb")) || !File.Exists(Path.Combine(folder, "pg_ctl")))
            {
                continue;
            }

            var version = await VersionAsync(folder, cancellationToken);
            if (version >= OldestVersion)
            {
                return new PostgresBinaries(folder, version);
            }

            tooOld.Add($"{folder} is version {version}");
        }

        var found = tooOld.Count == 0 ? "" : $" ({string.Join(", ", tooOld)})";
        throw new DevHostException($"PostgreSQL {OldestVersion} or newer was not found{found}: install its server, with `{InstallCommand()}`.");
    }

    private static string InstallCommand() => OperatingSystem.IsMacOS()
        ? "brew install postgresql@17"
        : "sudo apt-get install postgresql";

    private static async IAsyncEnumerable<string> CandidatesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Programs.Find("initdb") is { } initdb)
        {
            // A link in PATH points into the folder that has all the programs.
            var target = File.ResolveLinkTarget(initdb, returnFinalTarget: true)?.FullName ?? initdb;
            yield return Path.GetDirectoryName(target)!;
        }

        if (Programs.Find("pg_config") is { } config && await Tool.RunAsync(config, ["--bindir"], AskBound, cancellationToken) is { Succeeded: true } asked)
        {
            yield return asked.LastLine;
        }

        var installed =
            from place in FoldersByVersion
            where Directory.Exists(place.Folder)
            from folder in Directory.EnumerateDirectories(place.Folder, place.Pattern)
            let number = Digits().Match(Path.GetFileName(folder))
            where number.Success
            orderby int.Parse(number.Value, CultureInfo.InvariantCulture) descending
            select Path.Combine(folder, "bin");
        foreach (var folder in installed)
        {
            yield return folder;
        }
    }

    private static async Task<int> VersionAsync(string folder, CancellationToken cancellationToken)
    {
        // For example: pg_ctl (PostgreSQL) 15.12 (Debian 15.12-0+deb12u2)
        var answer = await Tool.RunAsync(Path.Combine(folder, "pg_ctl"), ["--version"], AskBound, cancellationToken);
        var number = Digits().Match(answer.Output);
        return answer.Succeeded && number.Success ? int.Parse(number.Value, CultureInfo.InvariantCulture) : 0;
    }

    [GeneratedRegex("[0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Digits();
}
