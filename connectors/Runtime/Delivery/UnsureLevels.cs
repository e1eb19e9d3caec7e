namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>
/// Levels of which the channel may show something else than it confirmed: a call about them was never answered, and it can be carried out
/// after the one that was; or the answer showed another level. They are read back once, an attempt's time after the last such call.
/// </summary>
internal sealed class UnsureLevels(ConnectorOptions options, TimeProvider clock)
{
    /// <summary>More than these are left to the comparison of everything.</summary>
    private const int Most = 10_000;

    // The lock: timed-out calls end when they like.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _skus = new(StringComparer.Ordinal);

    /// <summary>When the first is due, as a timestamp of the clock; the largest where none is.</summary>
    public long DueAt
    {
        get
        {
            lock (_lock)
            {
                return _skus.Count == 0 ? long.MaxValue : _skus.Values.Min() + Grace;
            }
        }
    }

    private long Grace => (long)(options.AttemptTimeout.TotalSeconds * clock.TimestampFrequency);

    public void Add(IEnumerable<StockKey> keys)
    {
        lock (_lock)
        {
            foreach (var key in keys.Where(key => _skus.Count < Most || _skus.ContainsKey(key.Sku)))
            {
                _skus[key.Sku] = clock.GetTimestamp();
            }
        }
    }

    /// <summary>The SKUs that are due, which are not unsure any more.</summary>
    public IReadOnlyList<string> Take()
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            string[] due = [.. _skus.Where(sku => sku.Value + Grace <= now).Select(sku => sku.Key).Order(StringComparer.Ordinal)];
            foreach (var sku in due)
            {
                _skus.Remove(sku);
            }

            return due;
        }
    }
}
