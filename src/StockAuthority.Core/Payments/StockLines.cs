using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>Arithmetic on sets of lines, each key at most once.</summary>
internal static class StockLines
{
    /// <summary>For each key the larger of both quantities.</summary>
    public static ImmutableArray<StockLine> Largest(ImmutableArray<StockLine> left, ImmutableArray<StockLine> right) =>
    [
        .. left.Concat(right)
            .GroupBy(line => line.Key)
            .Select(group => new StockLine(group.Key, group.Max(line => line.Quantity)))
            .OrderBy(line => line.Key.Sku, StringComparer.Ordinal)
            .ThenBy(line => line.Key.LocationId, StringComparer.Ordinal),
    ];

    public static long Quantity(ImmutableArray<StockLine> lines, StockKey key) =>
        lines.Where(line => line.Key == key).Sum(line => line.Quantity);
}
