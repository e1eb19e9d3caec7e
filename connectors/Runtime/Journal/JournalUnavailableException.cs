namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>What a channel's calls may throw instead of an exception of their own: <see cref="PostResult.Unavailable"/>, from wherever it comes.</summary>
public class JournalUnavailableException(string reason, TimeSpan? retryAfter = null, bool isAnswer = false) : Exception(reason)
{
    /// <summary>How long the channel asks to be left alone; null where it does not.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>It answered, and the words say neither that it passes nor that it does not.</summary>
    public bool IsAnswer => isAnswer;
}
