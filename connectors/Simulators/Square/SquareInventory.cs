using System.Globalization;
using StockAuthority.Connectors.Simulators.Control;

namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>
/// The counts. "Changes are applied based on the client-supplied timestamp and may be sent out of order": a count that occurred
/// before the one that is kept changes nothing. Of two that occurred at the same time the later call wins.
/// </summary>
internal sealed class SquareInventory(RequestLog log)
{
    private sealed record Count(decimal Quantity, DateTimeOffset OccurredAt, DateTimeOffset CalculatedAt);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string CatalogObjectId, string LocationId), Count> _counts = [];

    /// <summary>Applies all changes, and answers with the counts of every object that they name.</summary>
    public IReadOnlyList<InventoryCount> Apply(IReadOnlyList<CountChange> changes, bool ignoreUnchangedCounts, DateTimeOffset now)
    {
        lock (_lock)
        {
            foreach (var change in changes.OrderBy(change => change.OccurredAt))
            {
                var key = (change.CatalogObjectId, change.LocationId);
                if (_counts.TryGetValue(key, out var kept) && (change.OccurredAt < kept.OccurredAt || (ignoreUnchangedCounts && change.Quantity == kept.Quantity)))
                {
                    continue;
                }

                _counts[key] = new Count(change.Quantity, change.OccurredAt, now);
                log.Applied(change);
            }

            return [.. changes.Select(change => (change.CatalogObjectId, change.LocationId)).Distinct().Select(key => Shown(key, _counts[key]))];
        }
    }

    /// <summary>The counts that match, newest first; a null filter matches everything.</summary>
    public IReadOnlyList<InventoryCount> Find(IReadOnlyList<string>? catalogObjectIds, IReadOnlyList<string>? locationIds, DateTimeOffset updatedAfter)
    {
        lock (_lock)
        {
            return
            [
                .. _counts
                    .Where(count => catalogObjectIds is null || catalogObjectIds.Contains(count.Key.CatalogObjectId, StringComparer.Ordinal))
                    .Where(count => locationIds is null || locationIds.Contains(count.Key.LocationId, StringComparer.Ordinal))
                    .Where(count => count.Value.CalculatedAt > updatedAfter)
                    .OrderByDescending(count => count.Value.CalculatedAt)
                    .ThenBy(count => count.Key.CatalogObjectId, StringComparer.Ordinal)
                    .ThenBy(count => count.Key.LocationId, StringComparer.Ordinal)
                    .Select(count => Shown(count.Key, count.Value)),
            ];
        }
    }

    private static InventoryCount Shown((string CatalogObjectId, string LocationId) key, Count count) => new(
        key.CatalogObjectId, "ITEM_VARIATION", InventoryStates.InStock, key.LocationId, count.Quantity.ToString(CultureInfo.InvariantCulture), SquareTimes.Text(count.CalculatedAt));
}
