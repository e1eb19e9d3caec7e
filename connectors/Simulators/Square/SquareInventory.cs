using System.Globalization;
using StockAuthority.Connectors.Simulators.Control;

namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>
/// The counts. "Changes are applied based on the client-supplied timestamp and may be sent out of order": a count that occurred
/// before the one that is kept changes nothing, and an adjustment stays applied only on a count that is not newer. Of two counts that occurred at the
/// same time the later call wins.
/// </summary>
internal sealed class SquareInventory(RequestLog log, SquareHistory history, SquareWebhooks webhooks)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string CatalogObjectId, string LocationId), Stock> _counts = [];

    /// <summary>Applies all changes, and answers with the counts of every object that they name.</summary>
    /// <param name="source">The Square product that made them.</param>
    public IReadOnlyList<InventoryCount> Apply(IReadOnlyList<CountChange> changes, bool ignoreUnchangedCounts, DateTimeOffset now, string source = HistoryEntry.ExternalApi)
    {
        lock (_lock)
        {
            foreach (var change in changes.OrderBy(change => change.OccurredAt))
            {
                var key = (change.CatalogObjectId, change.LocationId);
                var stock = StockOf(key);
                if (ignoreUnchangedCounts && stock.CountedAt > DateTimeOffset.MinValue && change.Quantity == stock.Quantity)
                {
                    continue;
                }

                history.Add(new HistoryEntry("PHYSICAL_COUNT", change.CatalogObjectId, change.LocationId, change.Quantity, change.OccurredAt, now)
                {
                    ReferenceId = change.ReferenceId,
                    Source = source,
                });
                if (stock.Count(change.Quantity, change.OccurredAt, now))
                {
                    log.Applied(change);
                    webhooks.Updated([Shown(key, stock)], now);
                }
            }

            return [.. changes.Select(change => (change.CatalogObjectId, change.LocationId)).Distinct().Select(key => Shown(key, StockOf(key)))];
        }
    }

    /// <summary>Units go from one state to another, as a till does it.</summary>
    /// <returns>Square's id of the adjustment.</returns>
    public string Adjust(TillChange change, DateTimeOffset occurredAt, DateTimeOffset now)
    {
        lock (_lock)
        {
            var key = (change.CatalogObjectId!, change.LocationId!);
            var stock = StockOf(key);
            var id = history.Add(new HistoryEntry("ADJUSTMENT", change.CatalogObjectId!, change.LocationId!, change.Quantity, occurredAt, now)
            {
                FromState = change.FromState,
                ToState = change.ToState,
                TransactionId = change.TransactionId,
                Source = HistoryEntry.PointOfSale,
            });
            var difference = (change.ToState == InventoryStates.InStock ? change.Quantity : 0) - (change.FromState == InventoryStates.InStock ? change.Quantity : 0);
            if (stock.Adjust(difference, occurredAt, now))
            {
                webhooks.Updated([Shown(key, stock)], now);
            }

            return id;
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

    private Stock StockOf((string CatalogObjectId, string LocationId) key)
    {
        if (!_counts.TryGetValue(key, out var stock))
        {
            _counts[key] = stock = new Stock();
        }

        return stock;
    }

    private static InventoryCount Shown((string CatalogObjectId, string LocationId) key, Stock stock) => new(
        key.CatalogObjectId, "ITEM_VARIATION", InventoryStates.InStock, key.LocationId, stock.Quantity.ToString(CultureInfo.InvariantCulture), SquareTimes.Text(stock.CalculatedAt));

    /// <summary>The latest count, and what was adjusted since.</summary>
    private sealed class Stock
    {
        private readonly List<(decimal Difference, DateTimeOffset OccurredAt)> _adjustments = [];
        private decimal _counted;

        public DateTimeOffset CountedAt { get; private set; } = DateTimeOffset.MinValue;

        public DateTimeOffset CalculatedAt { get; private set; }

        public decimal Quantity => _counted + _adjustments.Sum(adjustment => adjustment.Difference);

        public bool Count(decimal quantity, DateTimeOffset occurredAt, DateTimeOffset now)
        {
            if (occurredAt < CountedAt)
            {
                return false;
            }

            (_counted, CountedAt, CalculatedAt) = (quantity, occurredAt, now);
            _adjustments.RemoveAll(adjustment => adjustment.OccurredAt <= occurredAt);
            return true;
        }

        public bool Adjust(decimal difference, DateTimeOffset occurredAt, DateTimeOffset now)
        {
            if (occurredAt < CountedAt || difference == 0)
            {
                return false;
            }

            _adjustments.Add((difference, occurredAt));
            CalculatedAt = now;
            return true;
        }
    }
}
