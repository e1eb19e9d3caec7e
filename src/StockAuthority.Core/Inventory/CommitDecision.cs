using System.Collections.Immutable;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Inventory;

/// <summary>
/// Allocating units to a paid order. Units that an expiry took back are reserved again first, where they are still there and
/// nothing else of the order stands in for them.
/// </summary>
internal static class CommitDecision
{
    public static Decision Decide(TenantState state, StockCommand.Commit command, DateTimeOffset now)
    {
        if (state.Reservation(command.ReservationNumber) is not { } reservation || !HasExpired(reservation, now))
        {
            return StockDecisions.ChangeReservation(
                state, command.ReservationNumber, command.Lines, "reserved", line => line.Reserved, now, ReservationSteps.Commit);
        }

        ImmutableArray<Shortage> excesses =
        [
            .. command.Lines.Select(line => new Shortage(line.Key, line.Quantity, reservation.Line(line.Key) is { } held ? Expired(held) : 0))
                .Where(shortage => shortage.Requested > shortage.Available),
        ];
        if (!excesses.IsEmpty)
        {
            return StockDecisions.Refuse(new Refusal.QuantityExceedsReservation(reservation.Number, excesses, "expired"));
        }

        if (StandIn(state, reservation, command.Lines) is { } other)
        {
            return StockDecisions.Refuse(new Refusal.ReservationSuperseded(reservation.Number, other.Number));
        }

        return ReserveDecision.Obstacle(state, command.Lines) is { } obstacle
            ? StockDecisions.Refuse(obstacle)
            : CommitAgain(new DecisionBuilder(state, now), reservation, command.Lines);
    }

    private static Decision CommitAgain(DecisionBuilder builder, Reservation reservation, ImmutableArray<StockLine> lines)
    {
        foreach (var line in lines)
        {
            reservation = ReservationSteps.Commit(builder, ReservationSteps.ReserveAgain(builder, reservation, line), line);
        }

        builder.Put(reservation);
        return builder.Build(new StockOutcome.Applied(reservation, ReReserved: true));
    }

    /// <summary>As a whole, or the part of it that had not been committed by then.</summary>
    private static bool HasExpired(Reservation reservation, DateTimeOffset now) =>
        reservation.State == ReservationState.Expired
        || (reservation.State == ReservationState.Committed && reservation.ExpireAt <= now && reservation.Lines.Any(line => Expired(line) > 0));

    private static long Expired(ReservationLine line) => line.Released - line.Withdrawn;

    /// <summary>
    /// A reservation that the order has for these units by now: its checkout reserved again, or a payment took them. Committing
    /// both would take twice what the order is for. The rules are those by which payments converge, see <see cref="OrderDemand"/>.
    /// </summary>
    private static Reservation? StandIn(TenantState state, Reservation reservation, ImmutableArray<StockLine> lines)
    {
        ImmutableArray<Reservation> all = [.. state.ReservationsOfOrder(reservation.OrderRef)];
        ImmutableArray<Reservation> others = [.. all.Where(each => each.Number != reservation.Number)];
        if (others.IsEmpty)
        {
            return null;
        }

        var closedAt = reservation.ClosedAt ?? reservation.ExpireAt;
        var anew = others.LastOrDefault(other => other.Origin == ReservationOrigin.Checkout
            && other.Number > reservation.Number
            && other.CreatedAt >= closedAt
            && lines.Any(line => other.Line(line.Key) is not null));
        if (anew is not null)
        {
            return anew;
        }

        // As it will be counted once it lives again.
        var demand = all.Any(each => each.Origin == ReservationOrigin.Checkout)
            ? new OrderDemand(all.Replace(reservation, reservation with { State = ReservationState.Active, ClosedAt = null }), [])
            : null;
        foreach (var line in lines)
        {
            var wanted = demand is not null
                ? demand.Wanted(line.Key) - all.Sum(each => Had(each, line.Key))
                : Expired(reservation.Line(line.Key)!)
                    - others.Where(other => other.Number > reservation.Number || other.ExpireAt <= reservation.CreatedAt)
                        .Sum(other => Had(other, line.Key) + (other.Line(line.Key)?.Withdrawn ?? 0));
            if (line.Quantity > wanted)
            {
                return others.LastOrDefault(other => Had(other, line.Key) + (other.Line(line.Key)?.Withdrawn ?? 0) > 0) ?? others[^1];
            }
        }

        return null;
    }

    private static long Had(Reservation reservation, StockKey key) =>
        reservation.Line(key) is { } line ? line.Reserved + line.Committed + line.Fulfilled : 0;
}
