using System.Diagnostics;
using System.Globalization;
using StockAuthority.DevHost.Postgres;

namespace StockAuthority.Bench;

/// <summary>Adds a time to each sync of a PostgreSQL's processes, for as long as it is not disposed.</summary>
internal sealed class SlowDisk : IAsyncDisposable
{
    private static readonly TimeSpan Attaching = TimeSpan.FromSeconds(2);

    private readonly Process _strace;

    private SlowDisk(Process strace) => _strace = strace;

    public static bool IsPossible => File.Exists("/usr/bin/strace");

    public static async Task<SlowDisk> StartAsync(PostgresCluster cluster, TimeSpan delay)
    {
        var postmaster = cluster.Postmaster!.ProcessId;
        var delayed = string.Create(CultureInfo.InvariantCulture, $"inject=fdatasync,fsync:delay_exit={delay.TotalMicroseconds:0}");
        string[] arguments = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e", delayed, .. Processes(postmaster).SelectMany(id => new[] { "-p", id })];
        var strace = Process.Start(new ProcessStartInfo("/usr/bin/strace", arguments) { RedirectStandardError = true })!;
        await Task.Delay(Attaching, TimeProvider.System);
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
