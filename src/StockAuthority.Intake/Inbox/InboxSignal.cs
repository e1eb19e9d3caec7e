namespace StockAuthority.Intake.Inbox;

/// <summary>
/// Wakes the dispatcher of this process right after a webhook was committed. A lost wake-up (another replica's webhook,
/// a crash) costs one poll interval, never an event.
/// </summary>
internal sealed class InboxSignal : IDisposable
{
    private readonly SemaphoreSlim _news = new(0, 1);
    private int _isSet;

    public void Set()
    {
        if (Interlocked.Exchange(ref _isSet, 1) == 0)
        {
            _news.Release();
        }
    }

    public async Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        if (await _news.WaitAsync(longest, cancellationToken))
        {
            // A Set between these two lines is dropped, rightly: its row is committed and the claim that follows sees it.
            Volatile.Write(ref _isSet, 0);
        }
    }

    public void Dispose() => _news.Dispose();
}
