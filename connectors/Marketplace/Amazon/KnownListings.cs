using System.Collections.Concurrent;

namespace StockAuthority.Connectors.Marketplace.Amazon;

/// <summary>SKUs that this run found to be listed. One that ceases to be is found when everything is compared.</summary>
internal sealed class KnownListings
{
    private const int Most = 1_000_000;
    private readonly ConcurrentDictionary<string, bool> _skus = new(StringComparer.Ordinal);

    public bool Contains(string sku) => _skus.ContainsKey(sku);

    public void Add(string sku)
    {
        if (_skus.Count >= Most)
        {
            _skus.Clear();
        }

        _skus[sku] = true;
    }
}
