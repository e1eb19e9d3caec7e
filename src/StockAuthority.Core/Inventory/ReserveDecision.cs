using System.Collections.Immutable;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Inventory;

/// <summary>Holding units for an order, and what that means where payments of the order are already known.</summary>
internal static class ReserveDecision
{
    public static Decision Decide(TenantState state, StockCommand.Reserve command, TriggerMatrices matrices, DateTimeOffset now)
    {
        if (StockDecisions.UnknownLocations(state, command.Lines) is { IsEmpty: false } unknown)
        {
            return StockDecisions.Reject(new InvalidReference.UnknownLocations(unknown));
        }

        if (state.Policy.HeldUntil(command.TimeToLive, command.ExpireAt, now) is not { } expireAt)
        {
            return StockDecisions.Reject(new InvalidReference.HoldTimeOutOfRange(command.ExpireAt is null, state.Policy.LongestTimeToLive));
        }

        var builder = new DecisionBuilder(state, now);
        var earlier = builder.ReservationsOfOrder(command.OrderRef);
        Reservation reservation;
        if (MadeByPayment(earlier) is { } open)
        {
            // The payment's event came before the checkout's call: these units are held already, or even handed over; holding
            // them twice would take them from others.
            if (!HasLines(open, command.Lines))
            {
                return StockDecisions.Refuse(new Refusal.OrderAlreadyReserved(command.OrderRef, open.Number));
            }

            reservation = open with
            {
                Origin = ReservationOrigin.Checkout,
                PaymentObjectId = command.PaymentObjectId ?? open.PaymentObjectId,
                Channel = command.Channel,
                ExpireAt = expireAt,
            };
            builder.Put(reservation);
        }
        else
        {
            if (Obstacle(state, command.Lines) is { } obstacle)
            {
                return StockDecisions.Refuse(obstacle);
            }

            reservation = Hold(
                builder,
                command.OrderRef,
                command.PaymentObjectId,
                command.Channel,
                ReservationOrigin.Checkout,
                command.Lines,
                expireAt);
        }

        return state.HasPayments
            ? PaymentEventDecision.AfterReserve(builder, reservation, command.PaymentObjectId, matrices)
            : builder.Build(new StockOutcome.Applied(reservation));
    }

    /// <summary>Moves the units and makes the reservation. The caller has checked that they are available.</summary>
    public static Reservation Hold(
        DecisionBuilder builder,
        string orderRef,
        string? paymentObjectId,
        string? channel,
        ReservationOrigin origin,
        ImmutableArray<StockLine> lines,
        DateTimeOffset expireAt)
    {
        var reservation = new Reservation(
            builder.NextNumber,
            orderRef,
            paymentObjectId,
            channel,
            origin,
            ReservationState.Active,
            [.. lines.Select(line => new ReservationLine(line.Key, line.Quantity, line.Quantity))],
            builder.Now,
            expireAt);
        MoveToReserved(builder, reservation, lines);
        builder.Put(reservation);
        return reservation;
    }

    /// <summary>Moves the units and adds their lines, which it does not have yet. The caller has checked that they are available.</summary>
    public static Reservation HoldMore(DecisionBuilder builder, Reservation reservation, ImmutableArray<StockLine> lines, DateTimeOffset expireAt)
    {
        MoveToReserved(builder, reservation, lines);
        var more = reservation with
        {
            State = ReservationState.Active,
            Lines = [.. reservation.Lines, .. lines.Select(line => new ReservationLine(line.Key, line.Quantity, line.Quantity))],
            ExpireAt = expireAt > reservation.ExpireAt ? expireAt : reservation.ExpireAt,
        };
        builder.Put(more);
        return more;
    }

    /// <summary>Why these units cannot be promised, if they cannot. Where nothing is sold, it does not matter what is there.</summary>
    public static Refusal? Obstacle(TenantState state, ImmutableArray<StockLine> lines)
    {
        if (lines.Any(line => !state.IsSellable(line.Key.LocationId)))
        {
            return new Refusal.LocationNotSellable([.. lines.Where(line => !state.IsSellable(line.Key.LocationId)).Select(line => line.Key)]);
        }

        return Shortages(state, lines) is { IsEmpty: false } shortages ? new Refusal.InsufficientStock(shortages) : null;
    }

    public static ImmutableArray<Shortage> Shortages(TenantState state, ImmutableArray<StockLine> lines) =>
    [
        .. lines.Where(line => line.Quantity > state.Level(line.Key).Available)
            .Select(line => new Shortage(line.Key, line.Quantity, state.Level(line.Key).Available)),
    ];

    private static void MoveToReserved(DecisionBuilder builder, Reservation reservation, ImmutableArray<StockLine> lines)
    {
        foreach (var line in lines)
        {
            builder.Move(new MovementDraft(
                line.Key,
                StockState.Available,
                StockState.Reserved,
                line.Quantity,
                StockOperation.Reserve,
                reservation.OrderRef,
                reservation.Number));
        }
    }

    private static Reservation? MadeByPayment(ImmutableArray<Reservation> earlier) =>
        earlier.Any(reservation => reservation.Origin == ReservationOrigin.Checkout)
            ? null
            : earlier.FirstOrDefault(reservation => reservation.State is not (ReservationState.Released or ReservationState.Expired));

    private static bool HasLines(Reservation reservation, ImmutableArray<StockLine> lines) =>
        reservation.Lines.Length == lines.Length
        && lines.All(line => reservation.Line(line.Key)?.Quantity == line.Quantity);
}
