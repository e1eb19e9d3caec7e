using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>
/// Maps what is known of all payments of an order to the stock that the order should have, and moves the difference from
/// where it is. A function of what is known, so the order in which it became known does not matter. Where lines of the order
/// fall under different matrices, each is brought to where its own wants it.
/// </summary>
internal sealed class OrderConvergence
{
    /// <summary>
    /// How long a reservation that a payment event made is held without a capture: as long as card networks let an authorization
    /// stand. A tenant's policy is about what its checkout asks for. A window in the matrix goes before.
    /// </summary>
    public static readonly TimeSpan DefaultTimeToLive = TimeSpan.FromDays(7);

    private readonly DecisionBuilder _builder;
    private readonly OrderMatrices _matrices;
    private readonly TriggerMatrix _matrix;
    private readonly string _orderRef;
    private readonly ImmutableArray<Payment> _payments;
    private readonly ImmutableArray<Payment> _before;
    private readonly OrderDemand _demand;
    private readonly ImmutableArray<Payment> _paying;
    private readonly ImmutableArray<Payment> _holding;
    private readonly ImmutableArray<Payment> _ended;
    private readonly ImmutableArray<StockLine> _held;

    /// <summary>Whether its payments hold lines, of which none falls under this matrix.</summary>
    private readonly bool _holdsOthersOnly;

    private OrderConvergence(
        DecisionBuilder builder,
        OrderMatrices matrices,
        TriggerMatrix matrix,
        string orderRef,
        ImmutableArray<Payment> payments,
        ImmutableArray<Payment> before)
    {
        _builder = builder;
        _matrices = matrices;
        _matrix = matrix;
        _orderRef = orderRef;
        _payments = payments;
        _before = before;
        _demand = new OrderDemand(Reservations, payments);
        _paying = [.. payments.Where(payment => PaymentStanding.Of(payment, matrix) == Standing.Committing)];
        _holding = [.. payments.Where(payment => PaymentStanding.IsHolding(payment, matrix))];
        _ended = [.. payments.Where(payment => PaymentStanding.HoldsNoMore(payment, matrix))];
        var held = _holding.Aggregate(
            ImmutableArray<StockLine>.Empty,
            (lines, payment) => StockLines.Largest(lines, payment.Named?.Lines ?? _demand.Lines));
        _held = [.. held.Where(line => Covers(line.Key))];
        _holdsOthersOnly = _held.IsEmpty && !held.IsEmpty;
    }

    private ImmutableArray<Reservation> Reservations => _builder.ReservationsOfOrder(_orderRef);

    private bool IsLive => _paying.Length + _holding.Length > 0;

    /// <summary>What came of undoing, of committing, of holding and of releasing; nothing of what was as it should be.</summary>
    /// <param name="payments">All payments of the order as they are known now, each in its currency.</param>
    /// <param name="before">The same payments as they were known before.</param>
    public static ImmutableArray<Verdict> Converge(
        DecisionBuilder builder,
        OrderMatrices matrices,
        string orderRef,
        ImmutableArray<Payment> payments,
        ImmutableArray<Payment> before)
    {
        // One after the other: the second sees the first one's moves. What both come to is said once: one event is its resolution.
        var verdicts = matrices.All.SelectMany(matrix => new OrderConvergence(builder, matrices, matrix, orderRef, payments, before).Converge()).ToImmutableArray();
        return matrices.All.Length == 1
            ? verdicts
            : [.. verdicts.OrderBy(verdict => Rank(verdict.Action)).DistinctBy(verdict => (verdict.Action, verdict.Reason))];
    }

    /// <summary>Of several that an event caused, the first is its resolution.</summary>
    private static int Rank(InventoryAction action) => action switch
    {
        InventoryAction.Commit => 0,
        InventoryAction.Reserve => 1,
        _ => 2,
    };

    private bool Covers(StockKey key) => _matrices.Covers(_matrix, key);

    private ImmutableArray<Verdict> Converge()
    {
        var undone = Undo();
        if (!_demand.IsKnown)
        {
            Forget();
        }

        return IsLive && !_demand.IsKnown
            ? [Verdict.Held(_paying.IsEmpty ? InventoryAction.Reserve : InventoryAction.Commit, ResolutionReason.MissingContext, "lines")]
            : [.. ((Verdict?[])[Commit(), Hold(), Release() ?? undone]).OfType<Verdict>()];
    }

    /// <summary>What was reserved by events that do not count any more, where nothing that counts says what the order is for.</summary>
    private void Forget()
    {
        foreach (var each in Reservations)
        {
            var reservation = each;
            foreach (var line in each.Lines.Where(line => line.Reserved > 0 && Covers(line.Key)))
            {
                reservation = ReservationSteps.TakeBack(_builder, reservation, new StockLine(line.Key, line.Reserved), StockOperation.Release);
                _builder.Put(reservation);
            }
        }
    }

    /// <summary>
    /// Units that were paid for until now and are not any more are committed no longer: still held where a payment holds them,
    /// else available. Only what this event took the payment from: what checkout commits on its own account stays.
    /// </summary>
    private Verdict? Undo()
    {
        var paid = Paid(_payments, _demand);
        var moved = false;
        foreach (var line in Paid(_before, new OrderDemand(Reservations, _before)))
        {
            var key = line.Key;
            var committed = Total(key, held => held.Committed);
            var units = Math.Min(committed, Math.Min(
                line.Quantity - StockLines.Quantity(paid, key),
                committed + Total(key, held => held.Fulfilled) - StockLines.Quantity(paid, key)));
            foreach (var reservation in Reservations.Reverse().Where(_ => units > 0))
            {
                var here = Math.Min(units, reservation.Line(key)?.Committed ?? 0);
                if (here > 0)
                {
                    // Checkout's own promise stands until its expiry, or until an ended payment releases it below.
                    var stillHeld = reservation.Origin == ReservationOrigin.Checkout
                        ? here
                        : Math.Clamp(Held(key) - Total(key, each => each.Reserved + each.Committed + each.Fulfilled) + here, 0, here);
                    var changed = stillHeld > 0 ? ReservationSteps.Uncommit(_builder, reservation, new StockLine(key, stillHeld)) : reservation;
                    _builder.Put(here > stillHeld ? ReservationSteps.TakeBackCommitted(_builder, changed, new StockLine(key, here - stillHeld)) : changed);
                    units -= here;
                    moved = true;
                }
            }
        }

        return moved ? Verdict.Acted(InventoryAction.Release, ResolutionReason.Released) : null;
    }

    /// <summary>What these payments have paid for, of what the order is for and this matrix covers.</summary>
    private ImmutableArray<StockLine> Paid(ImmutableArray<Payment> payments, OrderDemand demand) =>
    [
        .. payments.Where(payment => PaymentStanding.Of(payment, _matrix) == Standing.Committing)
            .Aggregate(
                ImmutableArray<StockLine>.Empty,
                (lines, payment) => StockLines.Largest(lines, PaymentStanding.PaidLines(payment, _matrix, demand.Registered) ?? demand.Lines))
            .Where(line => Covers(line.Key)),
    ];

    /// <summary>Units that payments hold, of what the order still wants.</summary>
    private long Held(StockKey key) => Math.Min(StockLines.Quantity(_held, key), _demand.Wanted(key));

    /// <summary>Commits what captured payments have paid for.</summary>
    private Verdict? Commit()
    {
        if (_paying.IsEmpty)
        {
            return null;
        }

        if (_demand.IsWithdrawn(Covers))
        {
            return Verdict.Held(InventoryAction.Commit, ResolutionReason.PaidAfterRelease);
        }

        var paid = Paid(_payments, _demand);
        var moved = false;
        var missing = ImmutableArray.CreateBuilder<StockLine>();
        foreach (var line in paid)
        {
            var need = Math.Min(line.Quantity, _demand.Wanted(line.Key)) - Total(line.Key, held => held.Committed + held.Fulfilled);
            foreach (var reservation in Reservations.Where(_ => need > 0))
            {
                var units = Math.Min(need, reservation.Line(line.Key)?.Reserved ?? 0);
                if (units > 0)
                {
                    _builder.Put(ReservationSteps.Commit(_builder, reservation, new StockLine(line.Key, units)));
                    need -= units;
                    moved = true;
                }
            }

            if (need > 0)
            {
                missing.Add(new StockLine(line.Key, need));
            }
        }

        if (missing.Count > 0)
        {
            if (Take(missing.ToImmutable(), _builder.Now + DefaultTimeToLive) is not { } reservation)
            {
                return Unavailable(missing.ToImmutable(), InventoryAction.Commit, ResolutionReason.PaidNotAvailable);
            }

            foreach (var line in missing)
            {
                reservation = ReservationSteps.Commit(_builder, reservation, line);
                _builder.Put(reservation);
            }

            moved = true;
        }

        return Differs(paid) ? Verdict.Held(InventoryAction.Commit, ResolutionReason.LinesDiffer)
            : paid.Any(line => line.Quantity > _demand.Wanted(line.Key)) ? Verdict.Held(InventoryAction.Commit, ResolutionReason.PaidAfterRelease)
            : _paying.Any(PaymentStanding.HasUnnamedPart) ? Verdict.Held(InventoryAction.Commit, ResolutionReason.PartialCaptureWithoutLines)
            : moved ? Verdict.Acted(InventoryAction.Commit, ResolutionReason.Committed)
            : null;
    }

    /// <summary>Reserves what authorized payments should hold and the order does not have.</summary>
    private Verdict? Hold()
    {
        if (_holding.IsEmpty || _holdsOthersOnly)
        {
            return null;
        }

        Extend();
        var verdict = Reserve(
        [
            .. _held.Select(line => line with
                {
                    Quantity = Math.Min(line.Quantity, _demand.Wanted(line.Key)) - Total(line.Key, held => held.Reserved + held.Committed + held.Fulfilled),
                })
                .Where(line => line.Quantity > 0),
        ]);
        return Differs(_held) ? Verdict.Held(InventoryAction.Reserve, ResolutionReason.LinesDiffer) : verdict;
    }

    private Verdict? Reserve(ImmutableArray<StockLine> missing)
    {
        if (missing.IsEmpty)
        {
            // An explicit release is the order's end: an authorization does not bring it back.
            return _held.IsEmpty || _held.Any(line => line.Quantity > _demand.Wanted(line.Key))
                ? Verdict.Nothing(InventoryAction.Reserve, ResolutionReason.OrderReleased)
                : null;
        }

        if (Reservations.Any(reservation => HasExpiredSince(reservation, _holding.Max(payment => PaymentStanding.HeldSince(payment, _matrix)))))
        {
            return Verdict.Nothing(InventoryAction.Reserve, ResolutionReason.ReservationExpired);
        }

        var until = _holding.Select(payment => PaymentStanding.HeldUntil(payment, _matrix)).ToImmutableArray();
        if (until.All(each => each <= _builder.Now) && !_holding.Any(payment => PaymentStanding.LiveCaptures(payment).Any()))
        {
            // Had they come in time, what they held would have expired by now.
            return Verdict.Nothing(InventoryAction.Reserve, ResolutionReason.ReservationExpired);
        }

        var standard = _builder.Now + DefaultTimeToLive;
        var expireAt = until.Max(each => each is null || each <= _builder.Now ? standard : each.Value);
        return Take(missing, expireAt) is null
            ? Unavailable(missing, InventoryAction.Reserve, ResolutionReason.AuthorizedNotAvailable)
            : Verdict.Acted(InventoryAction.Reserve, ResolutionReason.Reserved);
    }

    /// <summary>What is held already is held as long as its payments want it; never shorter than a checkout asked for.</summary>
    private void Extend()
    {
        foreach (var reservation in Reservations.Where(each => each.Lines.Any(line => line.Reserved > 0 && Covers(line.Key))))
        {
            var until = _holding.Where(payment => reservation.PaymentObjectId is null || reservation.PaymentObjectId == payment.Id.ObjectId)
                .Select(payment => PaymentStanding.HeldUntil(payment, _matrix))
                .Max();
            if (until > reservation.ExpireAt)
            {
                _builder.Put(reservation with { ExpireAt = until.Value });
            }
        }
    }

    /// <summary>What payments held that hold nothing any more goes back, as far as no other payment holds it.</summary>
    private Verdict? Release()
    {
        if (_ended.IsEmpty)
        {
            return null;
        }

        var isRefunded = _payments.Any(payment => PaymentStanding.IsRefundedToRelease(payment, _matrix));
        var releasesCommitted = isRefunded && !IsLive
            && _payments.All(payment => PaymentStanding.IsRefundedToRelease(payment, _matrix) || !PaymentStanding.LiveCaptures(payment).Any());
        var moved = false;
        foreach (var each in Reservations.Where(IsHeldByEndedPayment))
        {
            var reservation = each;
            foreach (var line in each.Lines.Where(line => Covers(line.Key)))
            {
                var units = Math.Min(line.Reserved, Spare(line.Key)) + (releasesCommitted ? line.Committed : 0);
                if (units > 0)
                {
                    reservation = ReservationSteps.TakeBack(_builder, reservation, new StockLine(line.Key, units), StockOperation.Release);
                    _builder.Put(reservation);
                    moved = true;
                }
            }
        }

        // A refund of what was handed over is everyday business; anything else that ends then leaves goods unpaid.
        return !IsLive && Reservations.Any(reservation => reservation.Lines.Any(line => Covers(line.Key) && (line.Committed > 0 || (line.Fulfilled > 0 && !isRefunded))))
            ? Verdict.Held(InventoryAction.Release, ResolutionReason.EndedAfterCommit)
            : moved ? Verdict.Acted(InventoryAction.Release, ResolutionReason.Released)
            : null;
    }

    /// <summary>
    /// A reservation that names another payment waits for that one. A checkout's that names none belongs to the payments
    /// known by then; made after the last of them had ended, it is a new attempt and holds until its own expiry.
    /// </summary>
    private bool IsHeldByEndedPayment(Reservation reservation)
    {
        if (reservation.IsFinal)
        {
            return false;
        }

        return reservation.PaymentObjectId is { } named
            ? _ended.Any(payment => payment.Id.ObjectId == named)
            : reservation.Origin == ReservationOrigin.PaymentEvent
                || _ended.Any(payment => reservation.Number <= PaymentStanding.EndLearnedAt(payment, _matrix));
    }

    /// <summary>Reserved units that no payment holds.</summary>
    private long Spare(StockKey key)
    {
        var held = Held(key) - Total(key, line => line.Committed + line.Fulfilled);
        return Math.Max(0, Total(key, line => line.Reserved) - Math.Max(0, held));
    }

    /// <summary>An expiry of what was held then is not undone; of a reservation of which a part was committed it only took the rest.</summary>
    private bool HasExpiredSince(Reservation reservation, DateTimeOffset heldSince) => reservation.State switch
    {
        ReservationState.Expired => reservation.ClosedAt >= heldSince && reservation.Lines.Any(line => Covers(line.Key)),
        ReservationState.Committed or ReservationState.Fulfilled =>
            reservation.ExpireAt >= heldSince && reservation.ExpireAt <= _builder.Now && reservation.Lines.Any(line => Covers(line.Key) && line.Released > line.Withdrawn),
        _ => false,
    };

    /// <summary>A reservation of all these lines, or null and nothing moved.</summary>
    private Reservation? Take(ImmutableArray<StockLine> lines, DateTimeOffset expireAt)
    {
        if (!lines.All(line => _builder.State.IsSellable(line.Key.LocationId) && _builder.Level(line.Key).Available >= line.Quantity))
        {
            return null;
        }

        // What one event takes for an order is one reservation, whatever matrices its lines fall under: a checkout that comes later takes that over.
        return Reservations.LastOrDefault(each => each.Origin == ReservationOrigin.PaymentEvent && each.Number > _builder.State.LastSequence && !each.Lines.Any(line => Covers(line.Key))) is { } begun
            ? ReserveDecision.HoldMore(_builder, begun, lines, expireAt)
            : ReserveDecision.Hold(
                _builder,
                _orderRef,
                paymentObjectId: null,
                channel: null,
                ReservationOrigin.PaymentEvent,
                lines,
                expireAt);
    }

    private Verdict Unavailable(ImmutableArray<StockLine> lines, InventoryAction action, string reason) =>
        Verdict.Held(
            action,
            lines.Any(line => !_builder.State.HasLocation(line.Key.LocationId)) ? ResolutionReason.UnknownLocation
                : lines.Any(line => !_builder.State.IsSellable(line.Key.LocationId)) ? ResolutionReason.LocationNotSellable
                : reason);

    private bool Differs(ImmutableArray<StockLine> lines) => lines.Any(line => line.Quantity > _demand.Original(line.Key));

    private long Total(StockKey key, Func<ReservationLine, long> of) =>
        Reservations.Sum(reservation => reservation.Line(key) is { } line ? of(line) : 0);
}
