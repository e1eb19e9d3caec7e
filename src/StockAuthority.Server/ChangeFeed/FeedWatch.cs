namespace StockAuthority.Server.ChangeFeed;

/// <summary>One stream's interest in a tenant.</summary>
internal sealed class FeedWatch(FeedSignal signal, Action leave) : IDisposable
{
    private Action? _leave = leave;

    /// <summary>Every change up to this sequence can be read.</summary>
    public long Latest => signal.Latest;

    public async Task WaitBeyondAsync(long sequence, CancellationToken cancellationToken)
    {
        // A rise can end below a sequence that was read before it was told.
        while (signal.Latest <= sequence)
        {
            await signal.BeyondAsync(sequence).WaitAsync(cancellationToken);
        }
    }

    public void Dispose() => Interlocked.Exchange(ref _leave, null)?.Invoke();
}
