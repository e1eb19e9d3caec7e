using System.Collections.Immutable;

namespace StockAuthority.Core.Inventory;

/// <summary>
/// Available units leave for another location. A movement is a matter of one key, so each line makes two: out of the one
/// location and, in transit, into the other. Nobody but us sends them, so unlike a till's sale this can be refused.
/// </summary>
internal static class DispatchTransferDecision
{
    public static Decision Decide(TenantState state, StockCommand.DispatchTransfer command, DateTimeOffset now)
    {
        if (StockDecisions.UnknownLocations(state, [command.FromLocationId, command.ToLocationId]) is { IsEmpty: false } unknown)
        {
            return StockDecisions.Reject(new InvalidReference.UnknownLocations(unknown));
        }

        if (state.Transfer(command.TransferId) is not null)
        {
            return StockDecisions.Refuse(new Refusal.TransferAlreadyDispatched(command.TransferId));
        }

        if (ReserveDecision.Shortages(state, [.. command.Lines.Select(line => new StockLine(From(line), line.Quantity))]) is { IsEmpty: false } shortages)
        {
            return StockDecisions.Refuse(new Refusal.InsufficientStock(shortages));
        }

        ImmutableArray<StockKey> outside =
        [
            .. command.Lines.Where(line => StockDecisions.LeavesRange(state.Level(To(line)), line.Quantity)).Select(To),
        ];
        if (!outside.IsEmpty)
        {
            return StockDecisions.Refuse(new Refusal.LevelOutOfRange(outside));
        }

        var builder = new DecisionBuilder(state, now);
        foreach (var line in command.Lines)
        {
            var draft = new MovementDraft(
                From(line),
                StockState.Available,
                StockState.OtherLocation,
                line.Quantity,
                StockOperation.DispatchTransfer,
                DocumentRef: command.TransferId);
            builder.Move(draft);
            builder.Move(draft with { Key = To(line), From = StockState.OtherLocation, To = StockState.InTransit });
        }

        var transfer = new Transfer(command.TransferId, command.FromLocationId, command.ToLocationId, command.Lines, now);
        return builder.Build(new StockOutcome.Applied(null, Transfer: transfer)) with { Transfers = [transfer] };

        StockKey From(TransferLine line) => new(line.Sku, command.FromLocationId);

        StockKey To(TransferLine line) => new(line.Sku, command.ToLocationId);
    }
}
