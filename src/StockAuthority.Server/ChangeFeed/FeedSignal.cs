namespace StockAuthority.Server.ChangeFeed;

/// <summary>The highest sequence that one tenant's journal is known to have reached, and those who wait for a higher one.</summary>
internal sealed class FeedSignal
{
    private readonly Lock _gate = new();
    private long _latest;
    private TaskCompletionSource? _next;

    /// <summary>Guarded by <see cref="FeedSignals"/>.</summary>
    public int Watchers { get; set; }

    public long Latest => Volatile.Read(ref _latest);

    public void Raise(long sequence)
    {
        TaskCompletionSource? next;
        lock (_gate)
        {
            if (sequence <= _latest)
            {
                return;
            }

            Volatile.Write(ref _latest, sequence);
            (next, _next) = (_next, null);
        }

        next?.TrySetResult();
    }

    /// <summary>Completes at the first rise after which the latest sequence is beyond this one. All who wait share one task.</summary>
    public Task BeyondAsync(long sequence)
    {
        lock (_gate)
        {
            if (_latest > sequence)
            {
                return Task.CompletedTask;
            }

            _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _next.Task;
        }
    }
}
