namespace StockAuthority.Connectors.Simulators.Shopify;

/// <summary>The leaky bucket of calculated query cost: it holds twenty seconds' worth and is refilled all the time.</summary>
internal sealed class CostBucket(SimulatorOptions options, TimeProvider clock)
{
    private const int SecondsHeld = 20;
    private readonly Lock _lock = new();
    private double _available = SecondsHeld * options.ShopifyRestoreRate;
    private long _refilledAt = clock.GetTimestamp();

    public double Maximum => SecondsHeld * options.ShopifyRestoreRate;

    public double RestoreRate => options.ShopifyRestoreRate;

    /// <summary>Takes the cost, or nothing where there is not as much.</summary>
    public (bool Taken, double Available) Take(double cost)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            _available = Math.Min(Maximum, _available + (clock.GetElapsedTime(_refilledAt, now).TotalSeconds * RestoreRate));
            _refilledAt = now;
            if (cost > _available)
            {
                return (false, Math.Floor(_available));
            }

            _available -= cost;
            return (true, Math.Floor(_available));
        }
    }
}
