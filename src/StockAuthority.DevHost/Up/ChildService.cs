using StockAuthority.DevHost.Processes;

namespace StockAuthority.DevHost.Up;

/// <summary>One of our own processes.</summary>
internal sealed class ChildService(ChildProgram program, ProcessRecord record) : IDevService
{
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(15);

    private ChildProcess? _child;

    public string Name => program.Name;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await StopAsync();
        _child = ChildProcess.Start(program);
        record.Add(program.Name, _child.Identity);
        await _child.WaitReadyAsync(cancellationToken);
    }

    public async Task<string> WaitForEndAsync(CancellationToken cancellationToken)
    {
        await _child!.WaitForExitAsync(cancellationToken);
        return $"ended with exit code {_child.ExitCode} (log: {program.LogFile})";
    }

    public async Task StopAsync()
    {
        if (_child is not null)
        {
            await _child.StopAsync(StopGrace);
            record.Remove(_child.Identity);
            await _child.DisposeAsync();
            _child = null;
        }
    }
}
