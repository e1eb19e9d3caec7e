using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Shopify;

/// <summary>Reads what the shop shows.</summary>
internal static class QuantityReader
{
    private const string Operation = "Available";

    /// <summary>Three points for each item: well below the 1,000 that one query may cost.</summary>
    private const int ItemsPerQuery = 100;

    private const string Query =
        """
        query Available($ids: [ID!]!, $locationId: ID!) {
          nodes(ids: $ids) {
            ... on InventoryItem { id inventoryLevel(locationId: $locationId) { quantities(names: ["available"]) { name quantity } } }
          }
        }
        """;

    /// <param name="Quantities">What the shop has a quantity of.</param>
    /// <param name="Failure">Why there are none.</param>
    internal sealed record Read(IReadOnlyDictionary<StockKey, long> Quantities, PushResult? Failure);

    /// <param name="client">The shop.</param>
    /// <param name="keys">Levels that are mapped.</param>
    /// <param name="mapping">To the shop's ids.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<Read> ReadAsync(ShopifyClient client, IEnumerable<StockKey> keys, ShopifyMapping mapping, CancellationToken cancellationToken)
    {
        var quantities = new Dictionary<StockKey, long>();
        foreach (var location in keys.GroupBy(key => mapping.LocationOf(key)!, StringComparer.Ordinal))
        {
            foreach (var page in location.Chunk(ItemsPerQuery))
            {
                var request = new ReadQuantitiesRequest(Query, new ReadQuantitiesVariables([.. page.Select(key => mapping.InventoryItemOf(key)!)], location.Key));
                var answer = await client.SendAsync(Operation, request, ShopifyJson.Default.ReadQuantitiesRequest, Operation, cancellationToken);
                if (answer.Failure is { } failure)
                {
                    // A query of this size that costs too much is no fault of the levels.
                    return new Read(quantities, failure is PushResult.Refused refused ? new PushResult.Unavailable(refused.Refusal.Code, null) : failure);
                }

                var nodes = (answer.Data!.Nodes ?? []).OfType<InventoryItemNode>().Where(node => node.Id is not null).ToDictionary(node => node.Id!, StringComparer.Ordinal);
                foreach (var key in page)
                {
                    if (nodes.GetValueOrDefault(mapping.InventoryItemOf(key)!)?.InventoryLevel?.Quantities?.FirstOrDefault(quantity => quantity.Name == "available") is { } found)
                    {
                        quantities[key] = found.Quantity;
                    }
                }
            }
        }

        return new Read(quantities, null);
    }
}
