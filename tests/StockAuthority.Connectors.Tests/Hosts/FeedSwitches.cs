namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>How the feed misbehaves.</summary>
internal sealed class FeedSwitches : IDisposable
{
    public volatile bool Down;
    public volatile bool CasesDown;
    public volatile bool StreamDown;
    public volatile bool StreamMute;
    public volatile int PageSize = 1000;
    public volatile int StreamsOpened;
    public volatile int HiddenSequence;
    public volatile int Reads;
    private CancellationTokenSource _breaking = new();

    /// <summary>Cancelled when the open streams are to break.</summary>
    public CancellationToken Breaking => _breaking.Token;

    public void BreakStreams() => Interlocked.Exchange(ref _breaking, new CancellationTokenSource()).Cancel();

    public void Dispose() => _breaking.Dispose();

    public void CountStream() => Interlocked.Increment(ref StreamsOpened);
}
