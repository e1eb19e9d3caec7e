using System.Collections.Immutable;

namespace StockAuthority.Core.Inventory;

/// <summary>Returned units get their verdict. Those that can be sold again cover what is owed first.</summary>
internal static class InspectReturnDecision
{
    public static Decision Decide(TenantState state, StockCommand.InspectReturn command, DateTimeOffset now)
    {
        if (StockDecisions.UnknownLocations(state, command.Lines.Select(line => line.Key.LocationId)) is { IsEmpty: false } unknown)
        {
            return StockDecisions.Reject(new InvalidReference.UnknownLocations(unknown));
        }

        ImmutableArray<Shortage> excesses =
        [
            .. command.Lines.GroupBy(line => line.Key, line => line.Quantity)
                .Select(lines => new Shortage(lines.Key, lines.Sum(), state.Level(lines.Key).Inspection))
                .Where(shortage => shortage.Requested > shortage.Available),
        ];
        if (!excesses.IsEmpty)
        {
            return StockDecisions.Refuse(new Refusal.QuantityExceedsInspection(excesses));
        }

        var builder = new DecisionBuilder(state, now);
        foreach (var line in command.Lines)
        {
            Inspect(builder, command, line);
        }

        return builder.Build(new StockOutcome.Applied(null));
    }

    private static void Inspect(DecisionBuilder builder, StockCommand.InspectReturn command, InspectedLine line)
    {
        var draft = new MovementDraft(
            line.Key,
            StockState.Inspection,
            StockState.Available,
            line.Quantity,
            StockOperation.InspectReturn,
            command.OrderRef,
            DocumentRef: command.DocumentRef);
        switch (line.Disposition)
        {
            case ReturnDisposition.Available:
                builder.MoveToAvailable(draft);
                break;
            case ReturnDisposition.Damaged:
                builder.Move(draft with { To = StockState.Damaged });
                break;
            case ReturnDisposition.WrittenOff:
                builder.Move(draft with { To = StockState.WrittenOff });
                break;
            default:
                throw new InvalidOperationException($"{line.Disposition} is no disposition.");
        }
    }
}
