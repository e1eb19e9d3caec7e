using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace StockAuthority.Connectors.Simulators.Amazon;

/// <summary>The listings' quantities, and the access tokens that are good.</summary>
internal sealed class AmazonListings
{
    private readonly ConcurrentDictionary<(string Seller, string Sku), ConcurrentDictionary<string, long>> _quantities = new();
    private readonly ConcurrentDictionary<string, bool> _tokens = new(StringComparer.Ordinal);
    private int _refusedGrants;

    public int RefusedGrants => Volatile.Read(ref _refusedGrants);

    public string NewToken()
    {
        var token = "Atza|" + Guid.NewGuid().ToString("N");
        _tokens[token] = true;
        return token;
    }

    /// <summary>What an hour does to them.</summary>
    public void ExpireTokens() => _tokens.Clear();

    public void CountRefusedGrant() => Interlocked.Increment(ref _refusedGrants);

    public bool IsToken(string token) => _tokens.ContainsKey(token);

    public IReadOnlyDictionary<string, long> Of(string seller, string sku) => _quantities.GetValueOrDefault((seller, sku)) ?? new();

    /// <summary>As answers and reports have it.</summary>
    public JsonArray Availability(string seller, string sku) =>
        new([.. Of(seller, sku).Select(channel => new JsonObject { ["fulfillmentChannelCode"] = channel.Key, ["quantity"] = channel.Value })]);

    public void Set(string seller, string sku, string channel, long quantity) => _quantities.GetOrAdd((seller, sku), _ => new())[channel] = quantity;
}
