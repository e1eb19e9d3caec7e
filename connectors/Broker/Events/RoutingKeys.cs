using System.Security.Cryptography;
using System.Text;

namespace StockAuthority.Connectors.Broker.Events;

/// <summary>
/// <c>tenant.location.sku</c> for a topic exchange, so that a binding takes a tenant (<c>demo.#</c>), a location (<c>demo.store-1.*</c>) or a SKU
/// (<c>demo.*.mug-blue</c>). AMQP 0.9.1 has 255 bytes for it, and three characters that mean something in it.
/// </summary>
internal static class RoutingKeys
{
    private const int LongestWordBytes = 80;
    private const int DigestBytes = 16;

    public static string Of(string tenantId, string locationId, string sku) => $"{Word(tenantId)}.{Word(locationId)}.{Word(sku)}";

    /// <summary>A name as one word: <c>% . * #</c> in percent encoding; where that is too long, <c>~</c> and the first half of its SHA-256 in hexadecimal.</summary>
    private static string Word(string name)
    {
        var word = name.AsSpan().IndexOfAny("%.*#") < 0
            ? name
            : name.Replace("%", "%25", StringComparison.Ordinal).Replace(".", "%2E", StringComparison.Ordinal)
                .Replace("*", "%2A", StringComparison.Ordinal).Replace("#", "%23", StringComparison.Ordinal);
        return Encoding.UTF8.GetByteCount(word) <= LongestWordBytes
            ? word
            : "~" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, DigestBytes));
    }
}
