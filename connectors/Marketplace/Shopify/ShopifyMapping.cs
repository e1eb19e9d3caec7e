using System.Text.Json;
using System.Text.RegularExpressions;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Shopify;

/// <summary>
/// Which inventory item a SKU is and which location a location: a JSON file with two objects, <c>inventory_items</c> from SKU to
/// <c>gid://shopify/InventoryItem/…</c> and <c>locations</c> from location id to <c>gid://shopify/Location/…</c>. A file and not
/// settings, because configuration keys ignore case and cannot hold every SKU.
/// </summary>
internal sealed partial class ShopifyMapping
{
    public static readonly ShopifyMapping Empty = new([], []);

    private readonly Dictionary<string, string> _inventoryItems;
    private readonly Dictionary<string, string> _locations;

    private ShopifyMapping(Dictionary<string, string> inventoryItems, Dictionary<string, string> locations) => (_inventoryItems, _locations) = (inventoryItems, locations);

    public string? InventoryItemOf(StockKey key) => _inventoryItems.GetValueOrDefault(key.Sku);

    public string? LocationOf(StockKey key) => _locations.GetValueOrDefault(key.LocationId);

    /// <exception cref="FormatException">It is not such a file; the message says why.</exception>
    public static ShopifyMapping Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return new ShopifyMapping(Names(document.RootElement, "inventory_items", InventoryItemId()), Names(document.RootElement, "locations", LocationId()));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new FormatException($"it is not JSON of the expected shape ({failure.Message})");
        }
    }

    private static Dictionary<string, string> Names(JsonElement root, string property, Regex form)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(property, out var section) || section.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"it has no object {property}");
        }

        var names = new Dictionary<string, string>(StringComparer.Ordinal);

        // Two levels that share one place in the shop would overwrite each other for ever.
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in section.EnumerateObject())
        {
            var id = entry.Value.GetString();
            if (id is null || !form.IsMatch(id))
            {
                throw new FormatException($"{property} gives {entry.Name} something else than an id of the form {form}");
            }

            if (!names.TryAdd(entry.Name, id) || !taken.Add(id))
            {
                throw new FormatException($"{property} has {entry.Name} or its id twice");
            }
        }

        return names;
    }

    [GeneratedRegex("^gid://shopify/InventoryItem/[0-9]+$")]
    private static partial Regex InventoryItemId();

    [GeneratedRegex("^gid://shopify/Location/[0-9]+$")]
    private static partial Regex LocationId();
}
