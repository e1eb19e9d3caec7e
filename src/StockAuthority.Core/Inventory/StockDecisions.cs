using System.Collections.Immutable;
using StockAuthority.Core.Exceptions;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Inventory;

/// <summary>Decides what a command does to the stock. Pure: it reads the state and the clock's reading that it is given, and changes neither.</summary>
public static class StockDecisions
{
    /// <summary>Every JSON client can represent whole numbers up to here exactly, so no balance may pass it.</summary>
    public const long MaximumUnits = 1L << 53;

    /// <summary>How far a till's clock may be ahead of ours.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    public static Decision Decide(TenantState state, StockCommand command, TriggerMatrices matrices, DateTimeOffset now) =>
        ShortfallExceptions.AddTo(state, DecideAlone(state, command, matrices, now));

    private static Decision DecideAlone(TenantState state, StockCommand command, TriggerMatrices matrices, DateTimeOffset now) => command switch
    {
        StockCommand.Reserve reserve => ReserveDecision.Decide(state, reserve, matrices, now),
        StockCommand.Extend extend => ExtendDecision.Decide(state, extend, now),
        StockCommand.Commit commit => CommitDecision.Decide(state, commit, now),
        StockCommand.Release release => Release(state, release, now),
        StockCommand.Fulfill fulfill => Fulfill(state, fulfill, now),
        StockCommand.Adjust adjust => AdjustDecision.Decide(state, adjust, now),
        StockCommand.SetLevels set => SetLevelsDecision.Decide(state, set, now),
        StockCommand.ReceiveReturn receive => ReceiveReturnDecision.Decide(state, receive, now),
        StockCommand.InspectReturn inspect => InspectReturnDecision.Decide(state, inspect, now),
        StockCommand.DispatchTransfer dispatch => DispatchTransferDecision.Decide(state, dispatch, now),
        StockCommand.ReceiveTransfer receive => ReceiveTransferDecision.Decide(state, receive, now),
        StockCommand.Expire expire => Expire(state, expire, now),
        StockCommand.Reconsider reconsider => PaymentEventDecision.Reconsider(state, reconsider, matrices, now),
        StockCommand.ApplyPaymentEvent { Event: { Type: PaymentEventType.ReturnReceived } returned } => ReturnEventDecision.Decide(state, returned, now),
        StockCommand.ApplyPaymentEvent apply => PaymentEventDecision.Decide(state, apply.Event, matrices, now),
        _ => throw new InvalidOperationException($"No decision for {command.GetType().Name}."),
    };

    internal static Decision Refuse(Refusal refusal) => new(new StockOutcome.Refused(refusal));

    internal static Decision Reject(InvalidReference reference) => new(new StockOutcome.Invalid(reference));

    /// <summary>Whether something is said to happen in the future, which nobody can know.</summary>
    internal static bool IsAhead(DateTimeOffset? occurredAt, DateTimeOffset now) => occurredAt > now + ClockTolerance;

    /// <summary>The locations among these lines that the tenant does not have, each once.</summary>
    internal static ImmutableArray<string> UnknownLocations(TenantState state, ImmutableArray<StockLine> lines) =>
        UnknownLocations(state, lines.Select(line => line.Key.LocationId));

    /// <summary>The locations among these that the tenant does not have, each once.</summary>
    internal static ImmutableArray<string> UnknownLocations(TenantState state, IEnumerable<string> locations) =>
        [.. locations.Distinct().Where(location => !state.HasLocation(location))];

    /// <summary>Whether a balance would pass <see cref="MaximumUnits"/> if so many units came in, or went where negative.</summary>
    internal static bool LeavesRange(StockLevel level, long quantity)
    {
        // Every state is at most the sum of all, so bounding the sum bounds each of them.
        var total = level.Available + level.Reserved + level.Committed + level.Inspection + level.Damaged + level.InTransit;
        return quantity > 0
            ? total > MaximumUnits - quantity
            : level.Shortfall > MaximumUnits + quantity;
    }

    internal static Decision ChangeReservation(
        TenantState state,
        long number,
        ImmutableArray<StockLine> lines,
        string from,
        Func<ReservationLine, long> takeable,
        DateTimeOffset now,
        Func<DecisionBuilder, Reservation, StockLine, Reservation> step)
    {
        if (state.Reservation(number) is not { } reservation)
        {
            return Reject(new InvalidReference.UnknownReservation(number));
        }

        if (reservation.IsFinal)
        {
            return Refuse(new Refusal.ReservationFinal(number, reservation.State));
        }

        ImmutableArray<Shortage> excesses =
        [
            .. lines.Select(line => new Shortage(line.Key, line.Quantity, reservation.Line(line.Key) is { } held ? takeable(held) : 0))
                .Where(shortage => shortage.Requested > shortage.Available),
        ];
        if (!excesses.IsEmpty)
        {
            return Refuse(new Refusal.QuantityExceedsReservation(number, excesses, from));
        }

        var builder = new DecisionBuilder(state, now);
        foreach (var line in lines)
        {
            reservation = step(builder, reservation, line);
        }

        builder.Put(reservation);
        return builder.Build(new StockOutcome.Applied(reservation));
    }

    private static Decision Release(TenantState state, StockCommand.Release command, DateTimeOffset now) =>
        ChangeReservation(state, command.ReservationNumber, command.Lines, "reserved or committed", line => line.Reserved + line.Committed, now, ReservationSteps.Withdraw);

    private static Decision Fulfill(TenantState state, StockCommand.Fulfill command, DateTimeOffset now) =>
        ChangeReservation(state, command.ReservationNumber, command.Lines, "committed", line => line.Committed, now, ReservationSteps.Fulfill);

    private static Decision Expire(TenantState state, StockCommand.Expire command, DateTimeOffset now)
    {
        var builder = new DecisionBuilder(state, now);
        if (state.Reservation(command.ReservationNumber) is not { State: ReservationState.Active } reservation || now < reservation.ExpireAt)
        {
            return builder.Build(new StockOutcome.Swept(Expired: false));
        }

        foreach (var line in reservation.Lines.Where(line => line.Reserved > 0))
        {
            reservation = ReservationSteps.TakeBack(builder, reservation, new StockLine(line.Key, line.Reserved), StockOperation.Expire);
        }

        builder.Put(reservation);
        return builder.Build(new StockOutcome.Swept(Expired: true));
    }
}
