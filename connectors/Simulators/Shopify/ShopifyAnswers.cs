using System.Text.Json.Nodes;

namespace StockAuthority.Connectors.Simulators.Shopify;

/// <summary>What became of the requests by idempotency key; the oldest are forgotten.</summary>
internal sealed class ShopifyAnswers
{
    private const int MostKeys = 10_000;
    private readonly Dictionary<string, (string Input, JsonArray? UserErrors)> _answers = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = [];

    /// <summary>The input that came with the key, and the errors it met; null where the key is new.</summary>
    public (string Input, JsonArray? UserErrors)? Find(string key) => _answers.TryGetValue(key, out var found) ? found : null;

    public void Keep(string key, string input, JsonArray? userErrors)
    {
        _answers[key] = (input, userErrors);
        _order.Enqueue(key);
        if (_order.Count > MostKeys)
        {
            _answers.Remove(_order.Dequeue());
        }
    }
}
