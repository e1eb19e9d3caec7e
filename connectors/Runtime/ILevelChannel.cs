namespace StockAuthority.Connectors.Runtime;

/// <summary>
/// A channel that shows absolute levels. One call is one attempt: the runtime owns timeouts, retries and pacing. It never
/// makes two calls at a time, and never one for a lower version of a level after a higher one was confirmed.
/// </summary>
public interface ILevelChannel
{
    /// <summary>Short and stable: names the channel in metrics and logs.</summary>
    string Name { get; }

    /// <summary>The most levels that the channel takes in one call.</summary>
    int MaxItemsPerPush { get; }

    /// <summary>
    /// Makes the channel show these levels, all or none. The idempotency key (64 characters of 0-9 and a-f) says the same
    /// whenever the levels are the same. What the channel answers is a result; throwing means the same as
    /// <see cref="PushResult.Unavailable"/>.
    /// </summary>
    Task<PushResult> PushAsync(IReadOnlyList<LevelChange> changes, string idempotencyKey, CancellationToken cancellationToken);

    /// <summary>
    /// What the channel shows of these levels now, at most <see cref="MaxItemsPerPush"/>, in their order; null where it does not know the key.
    /// Throws where it cannot be read.
    /// </summary>
    Task<IReadOnlyList<long?>> ReadAsync(IReadOnlyList<StockKey> keys, CancellationToken cancellationToken);
}
