using StockAuthority.Connectors.Runtime;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>What a count of earlier says about now.</summary>
internal static class CountMath
{
    /// <summary>
    /// The units that moved onto the shelf (below zero: off it) after a count. When something happened is when it is said to have happened, otherwise when it
    /// was recorded: a sale that was booked after the count and rung up before it is in the count.
    /// </summary>
    /// <param name="movements">The journal from before the count on; null where it is not known that far.</param>
    public static long? MovedSince(DateTimeOffset countedAt, StockKey key, IReadOnlyList<Movement>? movements) => movements?
        .Where(movement => movement.Sku == key.Sku && movement.LocationId == key.LocationId)
        .Where(movement => (movement.OccurTime ?? movement.RecordTime).ToDateTimeOffset() > countedAt)
        .Sum(movement => movement.Quantity * (Weight(movement.ToState) - Weight(movement.FromState)));

    /// <summary>on_hand = available + reserved + committed + inspection + damaged - shortfall.</summary>
    private static int Weight(StockState state) => state switch
    {
        StockState.Available or StockState.Reserved or StockState.Committed or StockState.Inspection or StockState.Damaged => 1,
        StockState.Shortfall => -1,
        _ => 0,
    };
}
