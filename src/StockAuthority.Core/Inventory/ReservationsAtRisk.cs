using System.Collections.Immutable;

namespace StockAuthority.Core.Inventory;

/// <summary>The promises that may have to be broken when a physical fact takes what was promised.</summary>
public static class ReservationsAtRisk
{
    public const int Most = 50;

    /// <summary>Where the command will leave less than is promised. Before it is decided, so that the reservations there can be read first.</summary>
    public static ImmutableArray<StockKey> Keys(TenantState state, StockCommand command) => command switch
    {
        StockCommand.Adjust { Reason: not AdjustmentReason.Correction } adjust =>
            [.. adjust.Lines.Where(line => IsPromised(state.Level(line.Key)) && line.Quantity < -state.Level(line.Key).Available).Select(line => line.Key)],
        StockCommand.SetLevels set =>
        [
            .. set.Lines.Where(line => IsPromised(state.Level(line.Key)) && line.OnHand < state.Level(line.Key).OnHand - state.Level(line.Key).Available)
                .Select(line => line.Key),
        ],
        _ => [],
    };

    /// <summary>Reservations that have units there, the oldest first.</summary>
    internal static ImmutableArray<long> At(TenantState state, ImmutableArray<StockKey> keys)
    {
        var numbers = state.Reservations.Where(reservation => reservation.Lines.Any(line => line.Reserved + line.Committed > 0 && keys.Contains(line.Key)))
            .Select(reservation => reservation.Number)
            .Order()
            .Take(Most);
        return keys.IsEmpty || !numbers.Any() ? [] : [.. numbers];
    }

    private static bool IsPromised(StockLevel level) => level.Reserved + level.Committed > 0;
}
