namespace StockAuthority.Connectors.Marketplace.Shopify;

/// <summary>
/// The leaky bucket that Shopify meters this app's requests to the shop with, as its last answer described it. A request that would be
/// throttled is not made: it would be one more for nothing.
/// </summary>
internal sealed class CostBudget(TimeProvider clock)
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(100);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, double> _costs = new(StringComparer.Ordinal);
    private ThrottleStatus? _status;
    private long _readAt;

    /// <summary>How long until a request of this kind fits; null where it does now, or nothing is known yet.</summary>
    public TimeSpan? WaitFor(string operation)
    {
        lock (_lock)
        {
            if (_status is not { RestoreRate: > 0 } status || !_costs.TryGetValue(operation, out var cost))
            {
                return null;
            }

            var available = Math.Min(status.MaximumAvailable, status.CurrentlyAvailable + (clock.GetElapsedTime(_readAt).TotalSeconds * status.RestoreRate));
            return available >= Math.Min(cost, status.MaximumAvailable) ? null : Wait(cost - available, status.RestoreRate);
        }
    }

    public void Note(string operation, AnswerCost cost)
    {
        if (cost.ThrottleStatus is { } status)
        {
            lock (_lock)
            {
                (_status, _readAt, _costs[operation]) = (status, clock.GetTimestamp(), cost.RequestedQueryCost);
            }
        }
    }

    private static TimeSpan Wait(double missing, double restoreRate)
    {
        var wait = TimeSpan.FromSeconds(missing / restoreRate);
        return wait > ShortestWait ? wait : ShortestWait;
    }
}
