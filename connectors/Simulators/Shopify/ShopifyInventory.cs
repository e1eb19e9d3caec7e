using StockAuthority.Connectors.Simulators.Control;
using StockAuthority.Connectors.Simulators.Square;

namespace StockAuthority.Connectors.Simulators.Shopify;

/// <summary>Available quantities. Every item is stocked everywhere, with none at first; which ones are refused is a fault.</summary>
internal sealed class ShopifyInventory(RequestLog log, TimeProvider clock)
{
    private sealed record Level(long Available, DateTimeOffset SetAt, Level? Before);

    private readonly Dictionary<(string InventoryItemId, string LocationId), Level> _levels = [];

    /// <summary>Held while a mutation is decided.</summary>
    public Lock Gate { get; } = new();

    public long Available(string inventoryItemId, string locationId)
    {
        lock (Gate)
        {
            return _levels.GetValueOrDefault((inventoryItemId, locationId))?.Available ?? 0;
        }
    }

    /// <summary>What a read shows that is so far behind.</summary>
    public long Visible(string inventoryItemId, string locationId, TimeSpan lag)
    {
        lock (Gate)
        {
            var level = _levels.GetValueOrDefault((inventoryItemId, locationId));
            while (level is { Before: { } before } && level.SetAt > clock.GetUtcNow() - lag)
            {
                level = before;
            }

            return level?.Available ?? 0;
        }
    }

    public void Set(string inventoryItemId, string locationId, long available, string? reference)
    {
        lock (Gate)
        {
            var now = clock.GetUtcNow();
            var before = _levels.GetValueOrDefault((inventoryItemId, locationId)) ?? new Level(0, DateTimeOffset.UnixEpoch, null);

            // Only one step back: a read is behind, but not by many changes.
            _levels[(inventoryItemId, locationId)] = new Level(available, now, before with { Before = null });
            log.Applied(new CountChange(inventoryItemId, locationId, available, now, reference));
        }
    }
}
