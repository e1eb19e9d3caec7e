namespace StockAuthority.Core.Inventory;

/// <summary>The single steps that a reservation's line can take. Each moves the units and answers the reservation after it.</summary>
internal static class ReservationSteps
{
    /// <summary>Holds units again that an expiry had taken back. The caller has checked that they are available.</summary>
    public static Reservation ReserveAgain(DecisionBuilder builder, Reservation reservation, StockLine units)
    {
        builder.Move(Draft(reservation, units, StockState.Available, StockState.Reserved, StockOperation.Reserve));
        var line = reservation.Line(units.Key)!;
        return reservation.With(line with { Reserved = line.Reserved + units.Quantity }, ReservationState.Released, builder.Now);
    }

    public static Reservation Commit(DecisionBuilder builder, Reservation reservation, StockLine units)
    {
        builder.Move(Draft(reservation, units, StockState.Reserved, StockState.Committed, StockOperation.Commit));
        var line = reservation.Line(units.Key)!;
        return reservation.With(
            line with { Reserved = line.Reserved - units.Quantity, Committed = line.Committed + units.Quantity },
            ReservationState.Released,
            builder.Now);
    }

    public static Reservation Fulfill(DecisionBuilder builder, Reservation reservation, StockLine units)
    {
        builder.Move(Draft(reservation, units, StockState.Committed, StockState.Customer, StockOperation.Fulfill));
        var line = reservation.Line(units.Key)!;
        return reservation.With(
            line with { Committed = line.Committed - units.Quantity, Fulfilled = line.Fulfilled + units.Quantity },
            ReservationState.Released,
            builder.Now);
    }

    /// <summary>The caller gives units up for good: reserved ones first, then committed ones.</summary>
    public static Reservation Withdraw(DecisionBuilder builder, Reservation reservation, StockLine units)
    {
        var released = Release(builder, reservation, units, StockOperation.Release, ReservationState.Released);
        var line = released.Line(units.Key)!;
        return released.With(line with { Withdrawn = line.Withdrawn + units.Quantity }, ReservationState.Released, builder.Now);
    }

    /// <summary>An expiry or a payment's end takes units back; a later payment of the same order may ask for them again.</summary>
    public static Reservation TakeBack(DecisionBuilder builder, Reservation reservation, StockLine units, StockOperation operation) =>
        Release(builder, reservation, units, operation, operation == StockOperation.Expire ? ReservationState.Expired : ReservationState.Released);

    /// <summary>
    /// A commitment is undone because its money was lost again, and the units are still promised: they go back to reserved without
    /// becoming available meanwhile.
    /// </summary>
    public static Reservation Uncommit(DecisionBuilder builder, Reservation reservation, StockLine units)
    {
        builder.Move(Draft(reservation, units, StockState.Committed, StockState.Reserved, StockOperation.Release));
        var line = reservation.Line(units.Key)!;
        return reservation.With(
            line with { Reserved = line.Reserved + units.Quantity, Committed = line.Committed - units.Quantity },
            ReservationState.Released,
            builder.Now);
    }

    /// <summary>As <see cref="Uncommit"/>, where nothing holds the units any more.</summary>
    public static Reservation TakeBackCommitted(DecisionBuilder builder, Reservation reservation, StockLine units)
    {
        builder.MoveToAvailable(Draft(reservation, units, StockState.Committed, StockState.Available, StockOperation.Release));
        var line = reservation.Line(units.Key)!;
        return reservation.With(line with { Committed = line.Committed - units.Quantity }, ReservationState.Released, builder.Now);
    }

    private static Reservation Release(
        DecisionBuilder builder,
        Reservation reservation,
        StockLine units,
        StockOperation operation,
        ReservationState emptied)
    {
        var line = reservation.Line(units.Key)!;
        var fromReserved = Math.Min(units.Quantity, line.Reserved);
        var fromCommitted = units.Quantity - fromReserved;
        if (fromReserved > 0)
        {
            builder.MoveToAvailable(Draft(reservation, units with { Quantity = fromReserved }, StockState.Reserved, StockState.Available, operation));
        }

        if (fromCommitted > 0)
        {
            builder.MoveToAvailable(Draft(reservation, units with { Quantity = fromCommitted }, StockState.Committed, StockState.Available, operation));
        }

        return reservation.With(
            line with { Reserved = line.Reserved - fromReserved, Committed = line.Committed - fromCommitted },
            emptied,
            builder.Now);
    }

    private static MovementDraft Draft(Reservation reservation, StockLine units, StockState from, StockState to, StockOperation operation) =>
        new(units.Key, from, to, units.Quantity, operation, reservation.OrderRef, reservation.Number);
}
