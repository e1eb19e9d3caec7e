using System.Globalization;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Availability;

/// <summary>The text of a cached level: version, sequence, available, reserved, committed, inspection, damaged, in transit, shortfall.</summary>
internal static class CacheEntry
{
    private const int Fields = 9;

    /// <summary>
    /// Keys of one SKU share a hash tag and so a node of a cluster. What could end a part of the key early is escaped, so
    /// that no two stock keys meet in one entry.
    /// </summary>
    public static string Name(string databaseId, TenantKey key) =>
        $"sa:{databaseId}:{{{Escape(key.TenantId)}/{Escape(key.Key.Sku)}}}:{key.Key.LocationId}";

    public static string Write(StockLevel level) => string.Create(
        CultureInfo.InvariantCulture,
        $"{level.Version}|{level.Sequence}|{level.Available}|{level.Reserved}|{level.Committed}|{level.Inspection}|{level.Damaged}|{level.InTransit}|{level.Shortfall}");

    /// <summary>Null for a text that no level was written as.</summary>
    public static StockLevel? Read(StockKey key, ReadOnlySpan<char> text)
    {
        Span<long> fields = stackalloc long[Fields];
        var count = 0;
        foreach (var part in text.Split('|'))
        {
            if (count == Fields || !long.TryParse(text[part], NumberStyles.None, CultureInfo.InvariantCulture, out fields[count]))
            {
                return null;
            }

            count++;
        }

        return count == Fields
            ? new StockLevel(key, fields[2], fields[3], fields[4], fields[5], fields[6], fields[7], fields[8], fields[0], fields[1])
            : null;
    }

    private static string Escape(string part) => part.AsSpan().ContainsAny("%/{}")
        ? part
            .Replace("%", "%25", StringComparison.Ordinal)
            .Replace("/", "%2F", StringComparison.Ordinal)
            .Replace("{", "%7B", StringComparison.Ordinal)
            .Replace("}", "%7D", StringComparison.Ordinal)
        : part;
}
