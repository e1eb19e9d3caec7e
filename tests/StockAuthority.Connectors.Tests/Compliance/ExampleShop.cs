namespace StockAuthority.Connectors.Tests.Compliance;

/// <summary>A channel's API in memory, with idempotency keys and faults: the simulator of the example.</summary>
internal sealed class ExampleShop
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _shown = [];
    private readonly HashSet<string> _keys = [];
    private readonly List<(string Sku, long Units)> _applied = [];
    private ChannelFault _fault;
    private int _left;

    public int Calls { get; private set; }

    public IReadOnlyList<(string Sku, long Units)> Applied
    {
        get
        {
            lock (_lock)
            {
                return [.. _applied];
            }
        }
    }

    public void Set(ChannelFault fault)
    {
        lock (_lock)
        {
            (_fault, _left) = (fault, 2);
        }
    }

    public long? Shown(string sku)
    {
        lock (_lock)
        {
            return _shown.TryGetValue(sku, out var units) ? units : null;
        }
    }

    public void Overwrite(string sku, long units)
    {
        lock (_lock)
        {
            _shown[sku] = units;
        }
    }

    public async Task<(int Status, string? Item)> PutAsync(string key, IReadOnlyList<(string Sku, long Units, long Version)> levels, CancellationToken cancellationToken)
    {
        if (_fault == ChannelFault.Latency)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }

        lock (_lock)
        {
            Calls++;
            if (_fault == ChannelFault.RefusesOne && levels.Any(level => level.Sku == "refused"))
            {
                return (422, "refused");
            }

            var fails = _fault == ChannelFault.Down || (_fault is not (ChannelFault.None or ChannelFault.Latency or ChannelFault.RefusesOne) && _left-- > 0);
            var applies = !fails || _fault is ChannelFault.TwoErrorsAfterApplying or ChannelFault.TwoResetsAfterApplying;
            if (applies && _keys.Add(key))
            {
                foreach (var (sku, units, _) in levels)
                {
                    _shown[sku] = units;
                    _applied.Add((sku, units));
                }
            }

            return !fails ? (200, null)
                : _fault is ChannelFault.TwoResets or ChannelFault.TwoResetsAfterApplying ? throw new IOException("The connection was reset.")
                : (_fault == ChannelFault.TwoThrottled ? 429 : 503, null);
        }
    }
}
