using StockAuthority.DevHost.Processes;
using StockAuthority.Testing;

namespace StockAuthority.EndToEnd.Tests.Channels;

/// <summary>A process that is ended by SIGKILL and started again.</summary>
internal sealed class KillableProcess(ChildProgram program) : IAsyncDisposable
{
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);
    private ChildProcess? _child;

    /// <summary>Null while it is ended.</summary>
    public int? ProcessId => _child?.Identity.ProcessId;

    /// <summary>What it prints.</summary>
    public string LogFile => program.LogFile;

    /// <summary>Starts it and waits until it is ready.</summary>
    public Task StartAsync() => StartAsync(program);

    /// <summary>Starts it, whether it can be ready now or not.</summary>
    public Task StartUnreadyAsync() => StartAsync(program with { Ready = null });

    /// <summary>SIGKILL, where it runs.</summary>
    public async Task KillAsync()
    {
        if (_child is { } child)
        {
            _child = null;
            await child.KillAsync();
            await TestWorkspace.StopAsync(child, StopGrace);
            await child.DisposeAsync();
        }
    }

    /// <summary>SIGSTOP: it keeps its connections and what it was about to do, and does nothing more until <see cref="Continue"/>.</summary>
    public void Pause() => _child!.Pause();

    /// <summary>SIGCONT.</summary>
    public void Continue() => _child!.Continue();

    public async ValueTask DisposeAsync() => await KillAsync();

    private async Task StartAsync(ChildProgram started) => _child = await TestWorkspace.StartAsync(started);
}
