using System.Collections.Immutable;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Exceptions;

/// <summary>
/// Which cases a decision about payments opens and closes: the causes that are there after it without those before it, and the
/// reverse. Both are read from the resolutions of the order's events, so deliveries in any order leave the same cases open.
/// </summary>
internal static class PaymentExceptions
{
    private const string NoPath = "payments-operations/unreadable";
    private const string ReturnsPath = "stock-operations/returns";

    /// <param name="resolutions">Those of all events that were judged.</param>
    /// <param name="isNews">Whether an event has another resolution than it had.</param>
    public static (ImmutableArray<RaisedException> Raised, ImmutableArray<ExceptionCause> Mended) Of(
        ImmutableArray<(Candidate Candidate, EventResolution Resolution)> resolutions,
        Func<Candidate, EventResolution, bool> isNews,
        string? orderRef,
        OrderMatrices matrices)
    {
        if (resolutions.All(each => !IsHeld(each.Resolution) && each.Candidate.Event.Judged is not { Kind: ResolutionKind.Held } && !IsDispute(each.Candidate)))
        {
            return ([], []);
        }

        HashSet<ExceptionCause> before = [.. resolutions.Select(each => CauseBefore(each.Candidate, orderRef)).OfType<ExceptionCause>()];
        Dictionary<ExceptionCause, RaisedException> after = [];

        // Of several events the latest shows what a case is about.
        foreach (var (candidate, resolution) in resolutions.Where(each => IsHeld(each.Resolution) && !IsDispute(each.Candidate)).OrderByDescending(each => each.Candidate.Event.OccurredAt))
        {
            var cause = CauseOf(candidate, resolution.Reason, orderRef);
            after.TryAdd(cause, Raised(cause, resolution.Reason, candidate, orderRef, matrices) with { MissingFields = resolution.MissingFields });
        }

        var disputes = Disputes(resolutions, isNews, orderRef, matrices);
        return (
            [.. after.Values.Where(raised => !before.Contains(raised.Cause)), .. disputes.Select(each => each.Raised).OfType<RaisedException>()],
            [.. before.Where(cause => !after.ContainsKey(cause)), .. disputes.Where(each => each.Raised is null).Select(each => each.Cause)]);
    }

    /// <summary>An event that is held whatever else is known of its payment, or because nothing can be known of it.</summary>
    /// <param name="row">The event's row of the trigger matrix; null where it can have none.</param>
    public static RaisedException Alone(PaymentEvent paymentEvent, string reason, ImmutableArray<string> missingFields, TriggerMatrixRow? row)
    {
        var payment = paymentEvent.PaymentObjectId is { } objectId ? new PaymentId(paymentEvent.Id.Provider, paymentEvent.Id.Account, objectId) : null;
        var cause = payment is not null && reason is (ResolutionReason.TooManyFacts or ResolutionReason.OrderDiffers)
            ? ExceptionCause.OfPayment(reason, payment)
            : ExceptionCause.OfEvent(reason, paymentEvent.Id);
        return new RaisedException(cause, reason, row?.Owner ?? OwnerLanes.Payments, row?.ExceptionPath ?? NoPath)
        {
            // An earlier event of the payment may have been held for the same.
            IsNew = cause == ExceptionCause.OfEvent(reason, paymentEvent.Id),
            OrderRef = paymentEvent.OrderRef,
            Payment = payment,
            Event = paymentEvent.Id,
            MissingFields = missingFields,
        };
    }

    /// <summary>A return that cannot be entered as it was reported: goods are there, and the books do not have them.</summary>
    public static RaisedException Return(PaymentEvent paymentEvent, string reason, ImmutableArray<string> missingFields) =>
        new(ExceptionCause.OfEvent(reason, paymentEvent.Id), reason, OwnerLanes.Stock, ReturnsPath)
        {
            OrderRef = paymentEvent.OrderRef,
            Event = paymentEvent.Id,
            MissingFields = missingFields,
        };

    /// <summary>
    /// A dispute has one case from its opening to its end, due when the provider wants an answer, so it waits for no context. Its
    /// latest fact says whether it is for people.
    /// </summary>
    private static ImmutableArray<(ExceptionCause Cause, RaisedException? Raised)> Disputes(
        ImmutableArray<(Candidate Candidate, EventResolution Resolution)> resolutions,
        Func<Candidate, EventResolution, bool> isNews,
        string? orderRef,
        OrderMatrices matrices)
    {
        var changes = ImmutableArray.CreateBuilder<(ExceptionCause, RaisedException?)>();
        foreach (var dispute in resolutions
            .Where(each => IsDispute(each.Candidate) && !each.Candidate.IsSameFact && isNews(each.Candidate, each.Resolution))
            .GroupBy(each => (each.Candidate.Payment.Id, each.Candidate.Event.ModificationRef)))
        {
            var (payment, disputeRef) = dispute.Key;
            var latest = dispute.First().Candidate.Payment.Facts.Where(fact => IsDispute(fact.Type) && fact.ModificationRef == disputeRef)
                .OrderBy(fact => fact.OccurredAt).ThenBy(fact => fact.Type).Last();
            var (candidate, resolution) = dispute.MaxBy(each => each.Candidate.Event.OccurredAt);
            var cause = ExceptionCause.OfDispute(payment, disputeRef);
            changes.Add((cause, matrices.Asks(latest.Type, InventoryAction.Review)
                ? Raised(cause, latest.Type == PaymentEventType.ChargebackLost ? "CHARGEBACK_LOST" : "CHARGEBACK_OPENED", candidate, orderRef, matrices) with
                {
                    DisputeId = disputeRef,
                    MissingFields = resolution.MissingFields,
                }
                : null));
        }

        return changes.ToImmutable();
    }

    private static RaisedException Raised(ExceptionCause cause, string reason, Candidate candidate, string? orderRef, OrderMatrices matrices)
    {
        var row = matrices.RowFor(candidate.Event.Type);
        return new RaisedException(cause, reason, row.Owner, row.ExceptionPath) { OrderRef = orderRef, Payment = candidate.Payment.Id, Event = candidate.Event.Id };
    }

    /// <summary>The cause that an event stood for until now.</summary>
    private static ExceptionCause? CauseBefore(Candidate candidate, string? orderRef) =>
        candidate.Event.Judged is { Kind: ResolutionKind.Held } judged && !IsDispute(candidate) ? CauseOf(candidate, judged.Reason, orderRef) : null;

    private static ExceptionCause CauseOf(Candidate candidate, string reason, string? orderRef) => reason switch
    {
        ResolutionReason.MatrixReview =>
            ExceptionCause.OfPayment(reason, candidate.Payment.Id, $"{candidate.Event.Type}:{candidate.Event.ModificationRef}"),

        // Each of these is known of one payment.
        ResolutionReason.MissingContext or ResolutionReason.InvalidContext or ResolutionReason.CaptureReversed or ResolutionReason.ReversedAfterFulfilment
            or ResolutionReason.CurrencyMismatch or ResolutionReason.RefundReview => ExceptionCause.OfPayment(reason, candidate.Payment.Id),

        // The others come of all payments of the order; which of their events is held for it depends on which came first.
        _ => orderRef is null ? ExceptionCause.OfPayment(reason, candidate.Payment.Id) : ExceptionCause.OfOrder(reason, orderRef),
    };

    private static bool IsHeld(EventResolution resolution) => resolution.Kind == ResolutionKind.Held;

    private static bool IsDispute(Candidate candidate) => IsDispute(candidate.Event.Type);

    private static bool IsDispute(PaymentEventType type) =>
        type is PaymentEventType.ChargebackOpened or PaymentEventType.ChargebackWon or PaymentEventType.ChargebackLost;
}
