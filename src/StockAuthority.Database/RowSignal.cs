namespace StockAuthority.Database;

/// <summary>
/// Wakes whoever works through rows right after one was committed in this process. A lost wake-up (another replica's row,
/// a crash) costs one poll interval, never a row.
/// </summary>
public sealed class RowSignal : IDisposable
{
    private readonly SemaphoreSlim _news = new(0, 1);
    private int _isSet;

    /// <summary>Something was committed.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref _isSet, 1) == 0)
        {
            _news.Release();
        }
    }

    /// <summary>Returns when something was committed, or after the longest wait.</summary>
    public async Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        if (await _news.WaitAsync(longest, cancellationToken))
        {
            // A Set between these two lines is dropped, rightly: its row is committed and the claim that follows sees it.
            Volatile.Write(ref _isSet, 0);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _news.Dispose();
}
