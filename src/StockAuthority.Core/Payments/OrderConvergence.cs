using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>What bringing an order to where its payments want it came to.</summary>
/// <param name="Action">What it is about; decides which event it is the resolution of.</param>
/// <param name="Reason">The reason code; null where nothing had to be done and no rule says more.</param>
internal sealed record Verdict(ResolutionKind Kind, InventoryAction Action, string? Reason, ImmutableArray<string> MissingFields)
{
    public static Verdict Acted(InventoryAction action, string reason) => new(ResolutionKind.Action, action, reason, []);

    public static Verdict Nothing(string? reason = null) => new(ResolutionKind.NoOp, InventoryAction.None, reason, []);

    public static Verdict Held(InventoryAction action, string reason, params ImmutableArray<string> missingFields) =>
        new(ResolutionKind.Held, action, reason, missingFields);
}

/// <summary>
/// Maps what is known of all payments of an order to the stock that the order should have, and moves the difference from
/// where it is. A function of what is known, so the order in which it became known does not matter.
/// </summary>
internal sealed class OrderConvergence
{
    /// <summary>How long a reservation that a payment event made is held without a capture.</summary>
    public static readonly TimeSpan DefaultTimeToLive = TimeSpan.FromDays(7);

    private readonly DecisionBuilder _builder;
    private readonly TriggerMatrix _matrix;
    private readonly string _orderRef;
    private readonly ImmutableArray<Payment> _payments;
    private readonly ImmutableDictionary<PaymentId, Standing> _standings;
    private readonly bool _isRegistered;
    private readonly ImmutableArray<long> _countedNumbers;

    private OrderConvergence(DecisionBuilder builder, TriggerMatrix matrix, string orderRef, ImmutableArray<Payment> payments)
    {
        _builder = builder;
        _matrix = matrix;
        _orderRef = orderRef;
        _payments = payments;
        _standings = payments.ToImmutableDictionary(payment => payment.Id, payment => PaymentStanding.Of(payment, matrix));
        var reservations = Reservations;
        _isRegistered = reservations.Any(reservation => reservation.Origin == ReservationOrigin.Checkout);
        _countedNumbers =
        [
            .. reservations
                .Where(each => !_isRegistered || (each.Origin == ReservationOrigin.Checkout && !IsSuperseded(each, reservations)))
                .Select(each => each.Number),
        ];
    }

    private ImmutableArray<Reservation> Reservations => _builder.ReservationsOfOrder(_orderRef);

    /// <summary>What the checkout registered, or else what payments made; these say what the order wants.</summary>
    private IEnumerable<Reservation> Counted => Reservations.Where(reservation => _countedNumbers.Contains(reservation.Number));

    public static Verdict Converge(DecisionBuilder builder, TriggerMatrix matrix, string orderRef, ImmutableArray<Payment> payments) =>
        new OrderConvergence(builder, matrix, orderRef, payments).Converge();

    private Verdict Converge()
    {
        var strongest = _standings.Values.Max();
        if (strongest < Standing.Holding)
        {
            return strongest == Standing.Ended && !_standings.ContainsValue(Standing.Unknown) ? End() : Verdict.Nothing();
        }

        var live = _payments.Where(payment => _standings[payment.Id] >= Standing.Holding).ToImmutableArray();
        if (!_isRegistered && OrderLines().IsEmpty)
        {
            return Verdict.Held(ActionOf(strongest), ResolutionReason.MissingContext, "lines");
        }

        return Commit(live) is { } committed ? committed : Hold(live);
    }

    /// <summary>No payment holds the order any more: what they held goes back.</summary>
    private Verdict End()
    {
        var releasesCommitted = _payments.All(payment => PaymentStanding.IsRefundedToRelease(payment, _matrix) || !PaymentStanding.LiveCaptures(payment).Any())
            && _payments.Any(payment => PaymentStanding.IsRefundedToRelease(payment, _matrix));
        var moved = false;
        foreach (var each in Reservations.Where(IsHeldByEndedPayment))
        {
            var reservation = each;
            foreach (var line in each.Lines)
            {
                var units = line.Reserved + (releasesCommitted ? line.Committed : 0);
                if (units > 0)
                {
                    reservation = ReservationSteps.TakeBack(_builder, reservation, new StockLine(line.Key, units), StockOperation.Release);
                    moved = true;
                }
            }

            _builder.Put(reservation);
        }

        return Reservations.Any(reservation => reservation.Lines.Any(line => line.Committed > 0))
            ? Verdict.Held(InventoryAction.Release, ResolutionReason.EndedAfterCommit)
            : moved ? Verdict.Acted(InventoryAction.Release, ResolutionReason.Released) : Verdict.Nothing();
    }

    /// <summary>
    /// A reservation that names another payment waits for that one. One that names none belongs to the payments known by
    /// then; made after the last of them had ended, it is a new attempt and holds until its own expiry.
    /// </summary>
    private bool IsHeldByEndedPayment(Reservation reservation)
    {
        if (reservation.IsFinal)
        {
            return false;
        }

        return reservation.PaymentObjectId is { } named
            ? _payments.Any(payment => payment.Id.ObjectId == named)
            : _payments.Any(payment => reservation.Number <= PaymentStanding.EndLearnedAt(payment));
    }

    /// <summary>Commits what captured payments have paid for. Null where there is nothing (more) to commit.</summary>
    private Verdict? Commit(ImmutableArray<Payment> live)
    {
        var paid = ImmutableArray<StockLine>.Empty;
        var hasUnnamedPart = false;
        foreach (var payment in live.Where(payment => _standings[payment.Id] == Standing.Committing))
        {
            var (lines, unnamed) = PaymentStanding.PaidLines(payment);
            hasUnnamedPart |= unnamed;
            paid = StockLines.Largest(paid, lines ?? OrderLines());
        }

        if (paid.Any(line => line.Quantity > Original(line.Key)))
        {
            return Verdict.Held(InventoryAction.Commit, ResolutionReason.LinesDiffer);
        }

        var anyCommitting = _standings.ContainsValue(Standing.Committing);
        if (anyCommitting && _countedNumbers.Length > 0 && Counted.All(each => each.Lines.All(line => line.Wanted == 0)))
        {
            return Verdict.Held(InventoryAction.Commit, ResolutionReason.PaidAfterRelease);
        }

        var moved = false;
        var missing = ImmutableArray.CreateBuilder<StockLine>();
        foreach (var line in paid)
        {
            var need = Math.Min(line.Quantity, Wanted(line.Key)) - Total(line.Key, held => held.Committed + held.Fulfilled);
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
            if (Take(missing.ToImmutable()) is not { } reservation)
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

        if (paid.Any(line => line.Quantity > Wanted(line.Key)))
        {
            return Verdict.Held(InventoryAction.Commit, ResolutionReason.PaidAfterRelease);
        }

        return hasUnnamedPart ? Verdict.Held(InventoryAction.Commit, ResolutionReason.PartialCaptureWithoutLines)
            : moved ? Verdict.Acted(InventoryAction.Commit, ResolutionReason.Committed)
            : null;
    }

    /// <summary>Reserves what authorized payments should hold and the order does not have.</summary>
    private Verdict Hold(ImmutableArray<Payment> live)
    {
        var holding = live.Where(payment => _standings[payment.Id] == Standing.Holding).ToImmutableArray();
        if (holding.IsEmpty)
        {
            return Verdict.Nothing();
        }

        var lines = holding.Aggregate(
            ImmutableArray<StockLine>.Empty,
            (sum, payment) => StockLines.Largest(sum, payment.Named?.Lines ?? OrderLines()));
        if (lines.Any(line => line.Quantity > Original(line.Key)))
        {
            return Verdict.Held(InventoryAction.Reserve, ResolutionReason.LinesDiffer);
        }

        ImmutableArray<StockLine> missing =
        [
            .. lines.Select(line => line with
                {
                    Quantity = Math.Min(line.Quantity, Wanted(line.Key)) - Total(line.Key, held => held.Reserved + held.Committed + held.Fulfilled),
                })
                .Where(line => line.Quantity > 0),
        ];
        if (missing.IsEmpty)
        {
            // An explicit release is the order's end: an authorization does not bring it back.
            return Verdict.Nothing(lines.IsEmpty || lines.Any(line => line.Quantity > Wanted(line.Key)) ? ResolutionReason.OrderReleased : null);
        }

        var authorizedAt = holding.SelectMany(payment => payment.Facts).Where(fact => fact.Type == PaymentEventType.AuthCreated).Max(fact => fact.OccurredAt);
        if (Reservations.Any(reservation => reservation.State == ReservationState.Expired && reservation.ClosedAt >= authorizedAt))
        {
            return Verdict.Nothing(ResolutionReason.ReservationExpired);
        }

        return Take(missing) is null
            ? Unavailable(missing, InventoryAction.Reserve, ResolutionReason.AuthorizedNotAvailable)
            : Verdict.Acted(InventoryAction.Reserve, ResolutionReason.Reserved);
    }

    /// <summary>A checkout that reserved again after its reservation had ended wants these units, not those and these.</summary>
    private static bool IsSuperseded(Reservation reservation, ImmutableArray<Reservation> all) =>
        reservation.State is ReservationState.Released or ReservationState.Expired
        && all.Any(later => later.Origin == ReservationOrigin.Checkout && later.Number > reservation.Number && later.CreatedAt >= reservation.ClosedAt);

    /// <summary>A new reservation of all these lines, or null and nothing moved.</summary>
    private Reservation? Take(ImmutableArray<StockLine> lines) =>
        lines.All(line => _builder.State.HasLocation(line.Key.LocationId) && _builder.Level(line.Key).Available >= line.Quantity)
            ? ReserveDecision.Hold(
                _builder,
                _orderRef,
                paymentObjectId: null,
                channel: null,
                ReservationOrigin.PaymentEvent,
                lines,
                _builder.Now + DefaultTimeToLive)
            : null;

    private Verdict Unavailable(ImmutableArray<StockLine> lines, InventoryAction action, string reason) =>
        lines.All(line => _builder.State.HasLocation(line.Key.LocationId))
            ? Verdict.Held(action, reason)
            : Verdict.Held(action, ResolutionReason.UnknownLocation);

    /// <summary>What the order is for, as far as anyone has said: the checkout, or else all of its payments together.</summary>
    private ImmutableArray<StockLine> OrderLines() => _isRegistered
        ?
        [
            .. Counted.SelectMany(reservation => reservation.Lines)
                .GroupBy(line => line.Key)
                .Select(group => new StockLine(group.Key, group.Sum(line => line.Wanted)))
                .Where(line => line.Quantity > 0),
        ]
        : _payments.Aggregate(
            ImmutableArray<StockLine>.Empty,
            (lines, payment) => payment.Facts.Aggregate(
                StockLines.Largest(lines, payment.Named?.Lines ?? []),
                (sum, fact) => StockLines.Largest(sum, fact.Lines)));

    /// <summary>What the order was for at first: no payment can be for more.</summary>
    private long Original(StockKey key) => _isRegistered
        ? Counted.Sum(reservation => reservation.Line(key)?.Quantity ?? 0)
        : StockLines.Quantity(OrderLines(), key);

    /// <summary>What the order still wants: withdrawn units are gone for good.</summary>
    private long Wanted(StockKey key) => _isRegistered
        ? Counted.Sum(reservation => reservation.Line(key)?.Wanted ?? 0)
        : StockLines.Quantity(OrderLines(), key) - Counted.Sum(reservation => reservation.Line(key)?.Withdrawn ?? 0);

    private long Total(StockKey key, Func<ReservationLine, long> of) =>
        Reservations.Sum(reservation => reservation.Line(key) is { } line ? of(line) : 0);

    private static InventoryAction ActionOf(Standing standing) =>
        standing == Standing.Committing ? InventoryAction.Commit : InventoryAction.Reserve;
}
