using StockAuthority.DevHost;
using StockAuthority.DevHost.Postgres;
using StockAuthority.DevHost.Processes;

namespace StockAuthority.Testing;

/// <summary>
/// The scratch folder of this test process, named after it. Folders of processes that no longer run, and whatever those
/// left running, are cleaned up when the first test of a later process asks for its own.
/// </summary>
public static class TestWorkspace
{
    private static readonly Lazy<Task<Opened>> Own = new(OpenAsync);
    private static int _logs;

    private sealed record Opened(string Folder, ProcessRecord Processes);

    /// <summary>The checkout under test.</summary>
    public static Checkout Checkout { get; } = Checkout.Find();

    /// <summary>The folder. What is in it stays for a look until the next run.</summary>
    public static async Task<string> FolderAsync() => (await Own.Value).Folder;

    /// <summary>A new log file's path.</summary>
    public static async Task<string> NewLogFileAsync(string name) =>
        Path.Combine(await FolderAsync(), "logs", $"{name}-{Interlocked.Increment(ref _logs)}.log");

    /// <summary>Starts a child that is ended by the next run if this one is killed.</summary>
    public static async Task<ChildProcess> StartAsync(ChildProgram program, CancellationToken cancellationToken = default)
    {
        var processes = (await Own.Value).Processes;
        var child = ChildProcess.Start(program);
        processes.Add(program.Name, child.Identity);
        try
        {
            await child.WaitReadyAsync(cancellationToken);
            return child;
        }
        catch
        {
            await child.DisposeAsync();
            processes.Remove(child.Identity);
            throw;
        }
    }

    /// <summary>Ends a child by SIGTERM and forgets it.</summary>
    public static async Task StopAsync(ChildProcess child, TimeSpan grace)
    {
        await child.StopAsync(grace);
        (await Own.Value).Processes.Remove(child.Identity);
    }

    private static async Task<Opened> OpenAsync()
    {
        Directory.CreateDirectory(Checkout.Tests);
        foreach (var folder in Directory.EnumerateDirectories(Checkout.Tests))
        {
            if (ProcessIdentity.Parse(Path.GetFileName(folder)) is { IsRunning: false })
            {
                await CleanAsync(folder);
            }
        }

        var own = Path.Combine(Checkout.Tests, ProcessIdentity.Current.ToString());
        return new Opened(own, new ProcessRecord(Path.Combine(own, "processes.json")));
    }

    private static async Task CleanAsync(string folder)
    {
        try
        {
            await ProcessRecord.EndRecordedAsync(Path.Combine(folder, "processes.json"));
            foreach (var cluster in Directory.EnumerateDirectories(folder))
            {
                await PostgresCluster.EndOrphanAsync(cluster);
            }

            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another test process cleans the same folder, or another user owns it: it is in nobody's way.
        }
    }
}
