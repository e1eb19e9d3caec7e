using System.Collections.Immutable;

namespace StockAuthority.Core.Inventory;

/// <summary>
/// Goods come back and wait for their inspection. Where the reservation is named under which they left, no more than were
/// handed over come back of it. They may come back to another location, so that is a matter of the SKU alone.
/// </summary>
internal static class ReceiveReturnDecision
{
    public static Decision Decide(TenantState state, StockCommand.ReceiveReturn command, DateTimeOffset now)
    {
        if (StockDecisions.IsAhead(command.OccurredAt, now))
        {
            return StockDecisions.Reject(new InvalidReference.OccursInFuture());
        }

        if (StockDecisions.UnknownLocations(state, command.Lines) is { IsEmpty: false } unknown)
        {
            return StockDecisions.Reject(new InvalidReference.UnknownLocations(unknown));
        }

        var earlier = state.Returns(command.OrderRef, command.DocumentRef).Where(each => each.ByEvent).ToImmutableArray();
        if (earlier.FirstOrDefault(each => each.HasLines(command.Lines)) is { } reported)
        {
            // An event reported it before: one return, which moves once.
            return new Decision(new StockOutcome.Applied(command.ReservationNumber is { } named ? state.Reservation(named) : null))
            {
                Returns = [reported with { ByCall = true }],
            };
        }

        if (!earlier.IsEmpty)
        {
            return StockDecisions.Refuse(new Refusal.ReturnDiffers(command.OrderRef, command.DocumentRef));
        }

        Reservation? reservation = null;
        if (command.ReservationNumber is { } number)
        {
            reservation = state.Reservation(number);
            if (reservation is null)
            {
                return StockDecisions.Reject(new InvalidReference.UnknownReservation(number));
            }

            if (Refusal(reservation, command) is { } refusal)
            {
                return StockDecisions.Refuse(refusal);
            }
        }

        ImmutableArray<StockKey> outside =
        [
            .. command.Lines.Where(line => StockDecisions.LeavesRange(state.Level(line.Key), line.Quantity)).Select(line => line.Key),
        ];
        if (!outside.IsEmpty)
        {
            return StockDecisions.Refuse(new Refusal.LevelOutOfRange(outside));
        }

        var builder = new DecisionBuilder(state, now);
        var received = new ReceivedReturn(builder.NextNumber, command.DocumentRef, command.OrderRef, command.Lines, ByCall: true, ByEvent: false);
        foreach (var line in command.Lines)
        {
            builder.Move(new MovementDraft(
                line.Key,
                StockState.Customer,
                StockState.Inspection,
                line.Quantity,
                StockOperation.ReceiveReturn,
                command.OrderRef,
                command.ReservationNumber,
                command.DocumentRef,
                OccurredAt: command.OccurredAt));
            reservation = reservation is null ? null : Return(reservation, line);
        }

        if (reservation is not null)
        {
            builder.Put(reservation);
        }

        return builder.Build(new StockOutcome.Applied(reservation)) with { Returns = [received] };
    }

    private static Refusal? Refusal(Reservation reservation, StockCommand.ReceiveReturn command)
    {
        if (reservation.OrderRef != command.OrderRef)
        {
            return new Refusal.OrderDiffers(reservation.Number, reservation.OrderRef);
        }

        ImmutableArray<Shortage> excesses =
        [
            .. command.Lines.GroupBy(line => line.Key.Sku)
                .Select(lines => new Shortage(
                    lines.First().Key,
                    lines.Sum(line => line.Quantity),
                    reservation.Lines.Where(line => line.Key.Sku == lines.Key).Sum(Returnable)))
                .Where(shortage => shortage.Requested > shortage.Available),
        ];
        return excesses.IsEmpty ? null : new Refusal.QuantityExceedsReservation(reservation.Number, excesses, "handed over and not returned yet");
    }

    /// <summary>Notes it in the line of its own location first, then in the SKU's others.</summary>
    private static Reservation Return(Reservation reservation, StockLine units)
    {
        var left = units.Quantity;
        foreach (var line in reservation.Lines.Where(line => line.Key.Sku == units.Key.Sku).OrderByDescending(line => line.Key == units.Key))
        {
            var returned = Math.Min(left, Returnable(line));
            reservation = reservation with { Lines = reservation.Lines.Replace(line, line with { Returned = line.Returned + returned }) };
            left -= returned;
        }

        return reservation;
    }

    private static long Returnable(ReservationLine line) => line.Fulfilled - line.Returned;
}
