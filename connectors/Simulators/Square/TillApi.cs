namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>What Square has no interface for: somebody rings up a sale, or counts, at the till.</summary>
internal static class TillApi
{
    public static void MapSquareTill(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPut("/simulator/square/catalog", async (HttpContext context, SquareCatalog catalog) =>
        {
            if (await context.Request.ReadFromJsonAsync(SquareJson.Default.CatalogContents, context.RequestAborted) is not { Variations: not null, Locations: not null } contents)
            {
                return Results.BadRequest("variations with id and sku, and locations with id and name.");
            }

            catalog.Put(contents);
            return Results.NoContent();
        });
        endpoints.MapPost("/simulator/square/till", async (HttpContext context, SquareInventory inventory, TimeProvider clock) =>
        {
            var now = clock.GetUtcNow();
            var change = await context.Request.ReadFromJsonAsync(SquareJson.Default.TillChange, context.RequestAborted);
            var occurredAt = now;
            if (change is null or { CatalogObjectId: null or "" } or { LocationId: null or "" } or { Quantity: <= 0, CountedQuantity: null }
                || !InventoryStates.All.Contains(change.FromState) || !InventoryStates.All.Contains(change.ToState)
                || (change.OccurredAt is { } text && !SquareTimes.TryParse(text, out occurredAt)))
            {
                return Results.BadRequest("catalog_object_id, location_id and a quantity above zero, or counted_quantity; from_state, to_state, occurred_at and transaction_id where they are not a sale now.");
            }

            if (change.CountedQuantity is { } counted)
            {
                return Results.Json(
                    inventory.Apply([new CountChange(change.CatalogObjectId, change.LocationId, counted, occurredAt, null)], false, now, HistoryEntry.PointOfSale)[0],
                    SquareJson.Default.InventoryCount);
            }

            var id = inventory.Adjust(change, occurredAt, now);
            return Results.Json(new TillAnswer(id), SquareJson.Default.TillAnswer);
        });
    }
}
