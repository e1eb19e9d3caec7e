using System.Collections.Immutable;

namespace StockAuthority.Core.Inventory;

/// <summary>Units of a transfer arrive, or are known to be lost. What arrives covers what is owed there first.</summary>
internal static class ReceiveTransferDecision
{
    public static Decision Decide(TenantState state, StockCommand.ReceiveTransfer command, DateTimeOffset now)
    {
        if (StockDecisions.UnknownLocations(state, [command.LocationId]) is { IsEmpty: false } unknown)
        {
            return StockDecisions.Reject(new InvalidReference.UnknownLocations(unknown));
        }

        if (state.Transfer(command.TransferId) is not { } transfer)
        {
            return StockDecisions.Reject(new InvalidReference.UnknownTransfer(command.TransferId));
        }

        ImmutableArray<Shortage> excesses =
        [
            .. command.Lines.Select(line => new Shortage(new StockKey(line.Sku, command.LocationId), line.Received + line.Lost, InTransit(transfer, command, line)))
                .Where(shortage => shortage.Requested > shortage.Available),
        ];
        if (!excesses.IsEmpty)
        {
            return StockDecisions.Refuse(new Refusal.QuantityExceedsTransfer(transfer.Id, excesses));
        }

        var builder = new DecisionBuilder(state, now);
        foreach (var line in command.Lines)
        {
            transfer = Receive(builder, transfer, line);
        }

        transfer = transfer.Lines.All(line => line.InTransit == 0) ? transfer with { ClosedAt = now } : transfer;
        return builder.Build(new StockOutcome.Applied(null, Transfer: transfer)) with { Transfers = [transfer] };
    }

    private static Transfer Receive(DecisionBuilder builder, Transfer transfer, ArrivedLine units)
    {
        var draft = new MovementDraft(
            new StockKey(units.Sku, transfer.ToLocationId),
            StockState.InTransit,
            StockState.Available,
            units.Received,
            StockOperation.ReceiveTransfer,
            DocumentRef: transfer.Id);
        if (units.Received > 0)
        {
            builder.MoveToAvailable(draft);
        }

        if (units.Lost > 0)
        {
            builder.Move(draft with { To = StockState.WrittenOff, Quantity = units.Lost });
        }

        var line = transfer.Line(units.Sku)!;
        return transfer with { Lines = transfer.Lines.Replace(line, line with { Received = line.Received + units.Received, Lost = line.Lost + units.Lost }) };
    }

    /// <summary>Nothing of it is on its way to any other location than its own.</summary>
    private static long InTransit(Transfer transfer, StockCommand.ReceiveTransfer command, ArrivedLine line) =>
        transfer.ToLocationId == command.LocationId ? transfer.Line(line.Sku)?.InTransit ?? 0 : 0;
}
