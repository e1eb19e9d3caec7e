using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Exceptions;

/// <summary>A case is open for each level that owes units: a function of the level.</summary>
internal static class ShortfallExceptions
{
    private const string Reason = "SHORTFALL";
    private const string Path = "stock-operations/shortfall";

    /// <summary>The decision, with the cases that it opens and closes where it makes or covers debts; most do neither.</summary>
    public static Decision AddTo(TenantState state, Decision decision)
    {
        if (!decision.Movements.Any(Concerns))
        {
            return decision;
        }

        var raised = decision.Raised.ToBuilder();
        var mended = decision.Mended.ToBuilder();
        foreach (var level in decision.Movements.Where(Concerns).GroupBy(draft => draft.Key))
        {
            var before = state.Level(level.Key).Shortfall;
            var after = before + level.Sum(draft => draft.From == StockState.Shortfall ? draft.Quantity : -draft.Quantity);
            if (after > before)
            {
                raised.Add(new RaisedException(ExceptionCause.OfShortfall(level.Key), Reason, OwnerLanes.Stock, Path)
                {
                    IsNew = before == 0,
                    StockKey = level.Key,
                    ReservationsAtRisk = ReservationsAtRisk.At(state, [level.Key]),
                });
            }
            else if (after == 0 && before > 0)
            {
                mended.Add(ExceptionCause.OfShortfall(level.Key));
            }
        }

        return decision with { Raised = raised.ToImmutable(), Mended = mended.ToImmutable() };
    }

    /// <summary>A movement out of shortfall makes the debt larger, one into it covers it.</summary>
    private static bool Concerns(MovementDraft draft) => draft.From == StockState.Shortfall || draft.To == StockState.Shortfall;
}
