namespace StockAuthority.Server.Tests.Simulation;

/// <summary>Tells the schedule that something has happened: bytes arrived, a lane went to sleep, a command was answered.</summary>
internal sealed class Activity : IDisposable
{
    private readonly SemaphoreSlim _signal = new(0);
    private int _version;

    /// <summary>Counts what has happened.</summary>
    public int Version => Volatile.Read(ref _version);

    public void Signal()
    {
        Interlocked.Increment(ref _version);
        _signal.Release();
    }

    /// <summary>Whether something happened, from now or since the last wait, within the bound.</summary>
    public async Task<bool> WaitAsync(TimeSpan bound)
    {
        if (!await _signal.WaitAsync(bound))
        {
            return false;
        }

        // What came together needs one look only.
        while (_signal.Wait(0))
        {
        }

        return true;
    }

    public void Dispose() => _signal.Dispose();
}
