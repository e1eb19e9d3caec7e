using StockAuthority.Inventory.V1;

namespace StockAuthority.Connectors.Runtime.Forwarding;

/// <summary>
/// A channel that takes the feed as it is: every movement, in order, at least once. The runtime never makes two calls at a time, and
/// repeats from the first movement that is not settled, with all that come after it: what a channel has last of a stock key is the latest.
/// </summary>
public interface IFeedChannel
{
    /// <summary>Short and stable: names the channel in metrics and logs.</summary>
    string Name { get; }

    /// <summary>The most movements that one call may have; what is in memory for the channel is no more than that.</summary>
    int MaxMovementsPerForward { get; }

    /// <summary>
    /// Hands the movements over, in their order, and returns once the channel answers for all of them, or it is known that it does not.
    /// After a cancellation nothing of the call may still be on its way. Throwing means that nothing is settled.
    /// </summary>
    Task<ForwardResult> ForwardAsync(IReadOnlyList<Movement> movements, CancellationToken cancellationToken);
}
