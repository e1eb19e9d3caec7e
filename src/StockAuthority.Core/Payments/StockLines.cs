using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>Arithmetic on sets of lines, each key at most once.</summary>
internal static class StockLines
{
    /// <summary>For each key the larger of both quantities.</summary>
    public static ImmutableArray<StockLine> Largest(ImmutableArray<StockLine> left, ImmutableArray<StockLine> right) =>
        ByKey(left.Concat(right), quantities => quantities.Max());

    /// <summary>For each key all of its quantities together.</summary>
    public static ImmutableArray<StockLine> Sum(IEnumerable<StockLine> lines) => ByKey(lines, quantities => quantities.Sum());

    public static long Quantity(ImmutableArray<StockLine> lines, StockKey key) =>
        lines.Where(line => line.Key == key).Sum(line => line.Quantity);

    private static ImmutableArray<StockLine> ByKey(IEnumerable<StockLine> lines, Func<IEnumerable<long>, long> combine) =>
    [
        .. lines.GroupBy(line => line.Key, line => line.Quantity)
            .Select(group => new StockLine(group.Key, combine(group)))
            .OrderBy(line => line.Key.Sku, StringComparer.Ordinal)
            .ThenBy(line => line.Key.LocationId, StringComparer.Ordinal),
    ];
}
