namespace StockAuthority.Connectors.Tests.Compliance;

/// <summary>A channel's API in memory, with idempotency keys and faults: the simulator of the example.</summary>
internal sealed class ExampleShop
{
    public const long LargestQuantity = 1_000_000;
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
            (_fault, _left) = (fault, fault == ChannelFault.OneLate ? 1 : 2);
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
            if (levels.Any(level => level.Sku == "odd" || (_fault == ChannelFault.NonsenseAboutOne && level.Sku == "refused")))
            {
                return (418, null);
            }

            if (levels.FirstOrDefault(level => level.Units > LargestQuantity || (_fault is ChannelFault.RefusesOne or ChannelFault.KnowsNotOne && level.Sku == "refused")).Sku is { } refused)
            {
                return (422, refused);
            }

            var fails = _fault is ChannelFault.Down or ChannelFault.Revoked or ChannelFault.Nonsense || (_fault is not (ChannelFault.None or ChannelFault.Latency or ChannelFault.RefusesOne or ChannelFault.KnowsNotOne or ChannelFault.NonsenseAboutOne) && _left-- > 0);
            var applies = !fails || _fault is ChannelFault.TwoErrorsAfterApplying or ChannelFault.TwoResetsAfterApplying;
            if (applies)
            {
                Apply(key, levels);
            }
            else if (fails && _fault == ChannelFault.OneLate)
            {
                _ = ApplyLaterAsync(key, levels);
            }

            return !fails ? (200, null)
                : _fault is ChannelFault.TwoResets or ChannelFault.TwoResetsAfterApplying ? throw new IOException("The connection was reset.")
                : (_fault switch { ChannelFault.TwoThrottled => 429, ChannelFault.Revoked => 401, ChannelFault.Nonsense => 418, _ => 503 }, null);
        }
    }

    private async Task ApplyLaterAsync(string key, IReadOnlyList<(string Sku, long Units, long Version)> levels)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(600), TimeProvider.System);
        lock (_lock)
        {
            Apply(key, levels);
        }
    }

    private void Apply(string key, IReadOnlyList<(string Sku, long Units, long Version)> levels)
    {
        if (_keys.Add(key))
        {
            foreach (var (sku, units, _) in levels)
            {
                _shown[sku] = units;
                _applied.Add((sku, units));
            }
        }
    }
}
