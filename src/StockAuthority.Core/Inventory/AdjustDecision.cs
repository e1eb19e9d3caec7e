using System.Collections.Immutable;

namespace StockAuthority.Core.Inventory;

/// <summary>Adjusting what is available. A physical fact is never refused: what it takes beyond the available units is owed.</summary>
internal static class AdjustDecision
{
    public static Decision Decide(TenantState state, StockCommand.Adjust command, DateTimeOffset now)
    {
        if (StockDecisions.IsAhead(command.OccurredAt, now))
        {
            return StockDecisions.Reject(new InvalidReference.OccursInFuture());
        }

        if (StockDecisions.UnknownLocations(state, command.Lines) is { IsEmpty: false } unknown)
        {
            return StockDecisions.Reject(new InvalidReference.UnknownLocations(unknown));
        }

        if (command.Reason == AdjustmentReason.OpeningBalance && Keys(command, line => state.Level(line.Key).Version > 0) is { IsEmpty: false } opened)
        {
            return StockDecisions.Refuse(new Refusal.AlreadyOpened(opened));
        }

        if (!Opens(command.Reason) && Keys(command, line => state.Level(line.Key).Version == 0) is { IsEmpty: false } unopened)
        {
            return StockDecisions.Refuse(new Refusal.NotOpened(unopened));
        }

        if (Keys(command, line => StockDecisions.LeavesRange(state.Level(line.Key), line.Quantity)) is { IsEmpty: false } outside)
        {
            return StockDecisions.Refuse(new Refusal.LevelOutOfRange(outside));
        }

        ImmutableArray<Shortage> shortages =
        [
            .. command.Lines.Where(line => command.Reason == AdjustmentReason.Correction && -line.Quantity > state.Level(line.Key).Available)
                .Select(line => new Shortage(line.Key, -line.Quantity, state.Level(line.Key).Available)),
        ];
        if (!shortages.IsEmpty)
        {
            return StockDecisions.Refuse(new Refusal.InsufficientStock(shortages));
        }

        var builder = new DecisionBuilder(state, now);
        foreach (var line in command.Lines)
        {
            Adjust(builder, command, line);
        }

        return builder.Build(new StockOutcome.Applied(null)
        {
            ReservationsAtRisk = ReservationsAtRisk.At(state, ReservationsAtRisk.Keys(state, command)),
        });
    }

    private static void Adjust(DecisionBuilder builder, StockCommand.Adjust command, StockLine line)
    {
        var draft = new MovementDraft(
            line.Key,
            line.Quantity > 0 ? StockState.Supply : StockState.Available,
            line.Quantity > 0 ? StockState.Available : StockState.Supply,
            Math.Abs(line.Quantity),
            StockOperation.Adjust,
            DocumentRef: command.DocumentRef,
            Reason: command.Reason,
            OccurredAt: command.OccurredAt);
        if (line.Quantity > 0)
        {
            builder.MoveToAvailable(draft);
        }
        else
        {
            builder.TakeAsFact(draft);
        }
    }

    /// <summary>Goods begin a level by coming in. A sale at a till is a fact that nobody can refuse, whatever the books say.</summary>
    private static bool Opens(AdjustmentReason reason) =>
        reason is AdjustmentReason.OpeningBalance or AdjustmentReason.Receipt or AdjustmentReason.Sale;

    private static ImmutableArray<StockKey> Keys(StockCommand.Adjust command, Func<StockLine, bool> where) =>
        [.. command.Lines.Where(where).Select(line => line.Key)];
}
