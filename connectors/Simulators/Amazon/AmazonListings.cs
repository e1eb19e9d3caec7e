using System.Collections.Concurrent;

namespace StockAuthority.Connectors.Simulators.Amazon;

/// <summary>The listings' quantities, and the access tokens that are good.</summary>
internal sealed class AmazonListings
{
    private readonly ConcurrentDictionary<(string Seller, string Sku), ConcurrentDictionary<string, long>> _quantities = new();
    private string? _token;
    private int _refusedGrants;

    public int RefusedGrants => Volatile.Read(ref _refusedGrants);

    /// <summary>The tokens before it are not good any more: earlier than Amazon's, so that what expiry does can be seen.</summary>
    public string NewToken() => _token = "Atza|" + Guid.NewGuid().ToString("N");

    public void CountRefusedGrant() => Interlocked.Increment(ref _refusedGrants);

    public bool IsToken(string token) => _token is not null && token == _token;

    public IReadOnlyDictionary<string, long> Of(string seller, string sku) => _quantities.GetValueOrDefault((seller, sku)) ?? new();

    public void Set(string seller, string sku, string channel, long quantity) => _quantities.GetOrAdd((seller, sku), _ => new())[channel] = quantity;
}
