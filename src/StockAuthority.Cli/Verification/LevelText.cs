using System.Globalization;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Cli.Verification;

/// <summary>Levels in words.</summary>
internal static class LevelText
{
    public static string Row(StockKey key) => $"{key.Sku} at {key.LocationId}";

    public static string Balances(StockLevel level) => string.Join(", ", Fields(level).Where(field => field.Value != 0).Select(Text));

    /// <summary>Of the first, only what the other has differently.</summary>
    public static string Difference(StockLevel level, StockLevel other) => string.Join(
        ", ",
        Fields(level).Zip(Fields(other)).Where(pair => pair.First.Value != pair.Second.Value).Select(pair => Text(pair.First)));

    private static string Text((string Name, long Value) field) => string.Create(CultureInfo.InvariantCulture, $"{field.Name} {field.Value}");

    private static (string Name, long Value)[] Fields(StockLevel level) =>
    [
        ("available", level.Available),
        ("reserved", level.Reserved),
        ("committed", level.Committed),
        ("inspection", level.Inspection),
        ("damaged", level.Damaged),
        ("in_transit", level.InTransit),
        ("shortfall", level.Shortfall),
        ("version", level.Version),
        ("sequence", level.Sequence),
    ];
}
