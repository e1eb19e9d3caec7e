using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Shopify;

/// <summary>The mutation that makes the shop show levels.</summary>
internal static class SetQuantities
{
    public const string Operation = "SetAvailable";

    private const string Mutation =
        """
        mutation SetAvailable($input: InventorySetQuantitiesInput!, $key: String!) {
          inventorySetQuantities(input: $input) @idempotent(key: $key) {
            userErrors { code field message }
          }
        }
        """;

    /// <param name="changes">The levels; all are mapped.</param>
    /// <param name="pushKey">Says the same whenever the levels are the same.</param>
    /// <param name="attempt">Another one makes another idempotency key for the same request.</param>
    /// <param name="known">What the shop shows, as far as it is known.</param>
    public static SetQuantitiesRequest Request(IReadOnlyList<LevelChange> changes, string pushKey, int attempt, ShopifyMapping mapping, Func<StockKey, long?> known)
    {
        var input = new InventorySetQuantitiesInput(
            "available",
            "correction",
            string.Create(CultureInfo.InvariantCulture, $"gid://stockauthority/Movement/{changes.Max(change => change.Sequence)}"),
            [.. changes.Select(change => new InventoryQuantityInput(mapping.InventoryItemOf(change.Key)!, mapping.LocationOf(change.Key)!, change.Available, known(change.Key)))]);

        // Shopify refuses a key that comes back with other variables. They can differ for the same levels, by what the shop is known to show.
        var body = JsonSerializer.Serialize(new SetQuantitiesRequest(Mutation, new SetQuantitiesVariables(input, pushKey)), ShopifyJson.Default.SetQuantitiesRequest);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{attempt} {body}")));
        return new SetQuantitiesRequest(Mutation, new SetQuantitiesVariables(input, new Guid(hash.AsSpan(0, 16)).ToString()));
    }
}
