using System.Collections.Immutable;

namespace StockAuthority.Core.Inventory;

/// <summary>
/// Setting levels to what was counted. People count what is there, so a count is of the units on hand, promised ones included;
/// the difference goes to what is available, and what was promised beyond it is owed. Only as long as nothing moved since.
/// </summary>
internal static class SetLevelsDecision
{
    public static Decision Decide(TenantState state, StockCommand.SetLevels command, DateTimeOffset now)
    {
        if (StockDecisions.IsAhead(command.OccurredAt, now))
        {
            return StockDecisions.Reject(new InvalidReference.OccursInFuture());
        }

        if (StockDecisions.UnknownLocations(state, command.Lines.Select(line => line.Key.LocationId)) is { IsEmpty: false } unknown)
        {
            return StockDecisions.Reject(new InvalidReference.UnknownLocations(unknown));
        }

        if (Keys(command, line => state.Level(line.Key).Version == 0) is { IsEmpty: false } unopened)
        {
            return StockDecisions.Refuse(new Refusal.NotOpened(unopened));
        }

        ImmutableArray<VersionConflict> conflicts =
        [
            .. command.Lines.Select(line => new VersionConflict(line.Key, line.ExpectedVersion, state.Level(line.Key).Version))
                .Where(conflict => conflict.Expected != conflict.Current),
        ];
        if (!conflicts.IsEmpty)
        {
            return StockDecisions.Refuse(new Refusal.VersionMismatch(conflicts));
        }

        if (Keys(command, line => StockDecisions.LeavesRange(state.Level(line.Key), Difference(state, line))) is { IsEmpty: false } outside)
        {
            return StockDecisions.Refuse(new Refusal.LevelOutOfRange(outside));
        }

        var builder = new DecisionBuilder(state, now);
        foreach (var line in command.Lines)
        {
            Set(builder, command, line, Difference(state, line));
        }

        return builder.Build(new StockOutcome.Applied(null)
        {
            ReservationsAtRisk = ReservationsAtRisk.At(state, ReservationsAtRisk.Keys(state, command)),
        });
    }

    private static void Set(DecisionBuilder builder, StockCommand.SetLevels command, CountedLine line, long difference)
    {
        var draft = new MovementDraft(
            line.Key,
            difference > 0 ? StockState.Supply : StockState.Available,
            difference > 0 ? StockState.Available : StockState.Supply,
            Math.Abs(difference),
            StockOperation.SetLevels,
            DocumentRef: command.DocumentRef,
            Reason: AdjustmentReason.CycleCount,
            OccurredAt: command.OccurredAt);
        if (difference > 0)
        {
            builder.MoveToAvailable(draft);
        }
        else if (difference < 0)
        {
            builder.TakeAsFact(draft);
        }
    }

    private static long Difference(TenantState state, CountedLine line) => line.OnHand - state.Level(line.Key).OnHand;

    private static ImmutableArray<StockKey> Keys(StockCommand.SetLevels command, Func<CountedLine, bool> where) =>
        [.. command.Lines.Where(where).Select(line => line.Key)];
}
