namespace StockAuthority.Connectors.Runtime.Feed;

/// <summary>The authority left movements out. Nothing after the gap may be used: its acknowledgement would cover the hole.</summary>
internal sealed class FeedGapException(long expected, long actual)
    : Exception($"The feed must continue at sequence {expected} and continues at {actual}.");
