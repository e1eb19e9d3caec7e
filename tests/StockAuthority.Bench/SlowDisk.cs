using System.Diagnostics;
using System.Globalization;
using StockAuthority.DevHost.Postgres;
using StockAuthority.Testing;

namespace StockAuthority.Bench;

/// <summary>Adds a time to each sync of a PostgreSQL's processes, for as long as it is not disposed.</summary>
internal sealed class SlowDisk : IAsyncDisposable
{
    private readonly Process _strace;

    private SlowDisk(Process strace) => _strace = strace;

    public static bool IsPossible => File.Exists("/usr/bin/strace");

    public static async Task<SlowDisk> StartAsync(PostgresCluster cluster, TimeSpan delay)
    {
        var postmaster = cluster.Postmaster!.ProcessId;
        var delayed = string.Create(CultureInfo.InvariantCulture, $"inject=fdatasync,fsync:delay_exit={delay.TotalMicroseconds:0}");
        string[] processes = [.. Processes(postmaster)];
        string[] arguments = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e", delayed, .. processes.SelectMany(id => new[] { "-p", id })];
        var strace = Process.Start(new ProcessStartInfo("/usr/bin/strace", arguments) { RedirectStandardError = true })!;
        await Eventually.Holds(() => strace.HasExited || processes.All(IsTraced));
        return strace.HasExited
            ? throw new InvalidOperationException($"strace cannot attach: {await strace.StandardError.ReadToEndAsync()}")
            : new SlowDisk(strace);
    }

    public async ValueTask DisposeAsync()
    {
        // An interrupt, so that it lets go of the processes instead of leaving them stopped.
        using var interrupt = Process.Start("/bin/kill", ["-INT", _strace.Id.ToString(CultureInfo.InvariantCulture)]);
        await interrupt.WaitForExitAsync();
        await _strace.WaitForExitAsync();
        _strace.Dispose();
    }

    /// <summary>Or gone by now, as a background worker may be.</summary>
    private static bool IsTraced(string process)
    {
        try
        {
            return !File.ReadLines($"/proc/{process}/status").Contains("TracerPid:\t0");
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>The postmaster and its children; those that it starts later are followed.</summary>
    private static IEnumerable<string> Processes(int postmaster)
    {
        var parent = postmaster.ToString(CultureInfo.InvariantCulture);
        yield return parent;
        var children = File.ReadAllText($"/proc/{parent}/task/{parent}/children");
        foreach (var child in children.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            yield return child;
        }
    }
}
