namespace StockAuthority.Core.Inventory;

/// <summary>Holding units longer. Only what is still held can be, and a promise that was given is never shortened.</summary>
internal static class ExtendDecision
{
    public static Decision Decide(TenantState state, StockCommand.Extend command, DateTimeOffset now)
    {
        if (state.Policy.HeldUntil(command.TimeToLive, command.ExpireAt, now) is not { } expireAt)
        {
            return StockDecisions.Reject(new InvalidReference.HoldTimeOutOfRange(command.ExpireAt is null, state.Policy.LongestTimeToLive));
        }

        if (state.Reservation(command.ReservationNumber) is not { } reservation)
        {
            return StockDecisions.Reject(new InvalidReference.UnknownReservation(command.ReservationNumber));
        }

        if (reservation.State != ReservationState.Active)
        {
            return StockDecisions.Refuse(reservation.IsFinal
                ? new Refusal.ReservationFinal(reservation.Number, reservation.State)
                : new Refusal.ReservationNotActive(reservation.Number, reservation.State));
        }

        if (expireAt < reservation.ExpireAt)
        {
            return StockDecisions.Refuse(new Refusal.ExpiresLater(reservation.Number, reservation.ExpireAt));
        }

        var builder = new DecisionBuilder(state, now);
        reservation = reservation with { ExpireAt = expireAt };
        builder.Put(reservation);
        return builder.Build(new StockOutcome.Applied(reservation));
    }
}
