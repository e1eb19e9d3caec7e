using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>Gives a payment event its one resolution, and events that waited for context theirs.</summary>
internal static class PaymentEventDecision
{
    public static Decision Decide(TenantState state, PaymentEvent paymentEvent, TriggerMatrix matrix, DateTimeOffset now)
    {
        if (state.IsRecorded(paymentEvent.Id))
        {
            var duplicate = new EventResolution(paymentEvent.Id, ResolutionKind.NoOp, ResolutionReason.DuplicateDelivery, paymentEvent.OrderRef, [], Moves: false);
            return new Decision(new StockOutcome.Resolved(duplicate)) { ExtraDelivery = paymentEvent.Id };
        }

        if (paymentEvent.Type == PaymentEventType.Unknown)
        {
            return Alone(paymentEvent, ResolutionKind.NoOp, ResolutionReason.UnknownEventType);
        }

        if (paymentEvent.Type == PaymentEventType.Unreadable)
        {
            return Alone(paymentEvent, ResolutionKind.Held, ResolutionReason.UnreadablePayload);
        }

        if (paymentEvent.PaymentObjectId is null)
        {
            return Alone(paymentEvent, ResolutionKind.Held, ResolutionReason.MissingContext, "payment_object_id");
        }

        var known = state.Payment(new PaymentId(paymentEvent.Id.Provider, paymentEvent.Id.Account, paymentEvent.PaymentObjectId))
            ?? Payment.New(new PaymentId(paymentEvent.Id.Provider, paymentEvent.Id.Account, paymentEvent.PaymentObjectId));
        if (known.Facts.Length >= Payment.MaximumFacts)
        {
            return Alone(paymentEvent, ResolutionKind.Held, ResolutionReason.TooManyFacts);
        }

        if (paymentEvent.OrderRef is not null && known.OrderRef is not null && paymentEvent.OrderRef != known.OrderRef)
        {
            return Alone(paymentEvent, ResolutionKind.Held, ResolutionReason.OrderDiffers);
        }

        var isSameFact = known.Has(paymentEvent);
        var payment = known.With(paymentEvent, state.LastSequence);
        payment = payment with
        {
            OrderRef = payment.OrderRef ?? state.ReservationsOfPayment(paymentEvent.PaymentObjectId).FirstOrDefault()?.OrderRef,
        };
        var isStale = known.Facts.Any(fact => fact.OccurredAt > paymentEvent.OccurredAt);
        var current = new Candidate(payment.Id, Waiting(paymentEvent), KnowsCapture(payment), isSameFact, isStale, paymentEvent.Problems.IsEmpty);
        return Resolve(new DecisionBuilder(state, now), payment.OrderRef, Siblings(state, payment), current, matrix);
    }

    /// <summary>A checkout named an order, and maybe its payment: what waited for that is decided now, in the same transaction.</summary>
    public static Decision AfterReserve(DecisionBuilder builder, Reservation reservation, string? paymentObjectId, TriggerMatrix matrix)
    {
        ImmutableArray<Payment> payments =
        [
            .. builder.State.Payments
                .Where(payment => payment.OrderRef == reservation.OrderRef
                    || (payment.OrderRef is null && paymentObjectId is not null && payment.Id.ObjectId == paymentObjectId))
                .Select(payment => payment with { OrderRef = reservation.OrderRef }),
        ];
        var decision = payments.IsEmpty
            ? builder.Build(new StockOutcome.Applied(reservation))
            : Resolve(builder, reservation.OrderRef, payments, null, matrix);
        return decision with { Outcome = new StockOutcome.Applied(builder.Reservation(reservation.Number)) };
    }

    private static Decision Resolve(
        DecisionBuilder builder,
        string? orderRef,
        ImmutableArray<Payment> payments,
        Candidate? current,
        TriggerMatrix matrix)
    {
        var verdict = orderRef is null
            ? Verdict.Held(InventoryAction.None, ResolutionReason.MissingContext, MissingWithoutOrder(payments))
            : OrderConvergence.Converge(builder, matrix, orderRef, payments);
        ImmutableArray<Candidate> candidates =
        [
            .. payments.SelectMany(payment => payment.Waiting.Select(waiting => new Candidate(payment.Id, waiting, KnowsCapture(payment), IsSameFact: false, IsStale: false, IsReadable: true))),
            .. current is null ? Enumerable.Empty<Candidate>() : [current],
        ];
        var isCommitted = orderRef is not null && builder.ReservationsOfOrder(orderRef).Any(reservation => reservation.Lines.Any(line => line.Committed > 0));
        var actor = Actor(candidates, verdict, current, matrix);
        ImmutableArray<(Candidate Candidate, EventResolution Resolution)> resolutions =
        [
            .. candidates.Select(candidate => (candidate, ResolutionOf(candidate, candidate == actor, verdict, orderRef, isCommitted, matrix))),
        ];

        return builder.Build(new StockOutcome.Resolved(resolutions.FirstOrDefault(each => each.Candidate == current).Resolution)) with
        {
            Payments =
            [
                .. payments.Select(payment => payment with
                {
                    Waiting =
                    [
                        .. resolutions.Where(each => each.Candidate.Payment == payment.Id && each.Resolution.Kind == ResolutionKind.Held && Waits(each.Resolution))
                            .Select(each => each.Candidate.Event),
                    ],
                }),
            ],
            EventResolutions = [.. resolutions.Select(each => each.Resolution)],
        };
    }

    private static EventResolution ResolutionOf(
        Candidate candidate,
        bool isActor,
        Verdict verdict,
        string? orderRef,
        bool isCommitted,
        TriggerMatrix matrix)
    {
        var type = candidate.Event.Type;
        var action = matrix.ActionFor(type);
        if (isActor)
        {
            var reason = verdict is { Kind: ResolutionKind.Held, Reason: ResolutionReason.MissingContext } && !candidate.IsReadable
                ? ResolutionReason.InvalidContext
                : verdict.Reason!;
            return Resolution(candidate, verdict.Kind, reason, orderRef, verdict.MissingFields, moves: true);
        }

        if (candidate.IsSameFact)
        {
            return Resolution(candidate, ResolutionKind.NoOp, ResolutionReason.SameFact, orderRef);
        }

        if (verdict is { Kind: ResolutionKind.Held, Reason: ResolutionReason.MissingContext } && action != InventoryAction.None)
        {
            return Resolution(
                candidate,
                ResolutionKind.Held,
                candidate.IsReadable ? ResolutionReason.MissingContext : ResolutionReason.InvalidContext,
                orderRef,
                verdict.MissingFields);
        }

        if (type == PaymentEventType.RefundPosted)
        {
            return RefundResolution(candidate, action, orderRef, isCommitted);
        }

        return action switch
        {
            InventoryAction.Review => Resolution(candidate, ResolutionKind.Held, ResolutionReason.MatrixReview, orderRef),
            InventoryAction.None => Resolution(candidate, ResolutionKind.NoOp, ResolutionReason.ReportingOnly, orderRef),
            _ => Resolution(
                candidate,
                ResolutionKind.NoOp,
                verdict.Kind == ResolutionKind.NoOp && verdict.Reason is { } why ? why
                    : candidate.IsStale ? ResolutionReason.Stale
                    : ResolutionReason.AlreadyThere,
                orderRef),
        };
    }

    /// <summary>A refund moves no stock. That of a whole order which is still here is for people to look at, where the matrix says so.</summary>
    private static EventResolution RefundResolution(Candidate candidate, InventoryAction action, string? orderRef, bool isCommitted)
    {
        if (action != InventoryAction.Review || !candidate.Event.FullAmount)
        {
            return Resolution(candidate, ResolutionKind.NoOp, ResolutionReason.ReportingOnly, orderRef);
        }

        // What is refunded was captured: where that is not known yet, the capture is still on its way.
        return isCommitted ? Resolution(candidate, ResolutionKind.Held, ResolutionReason.RefundReview, orderRef)
            : candidate.KnowsCapture ? Resolution(candidate, ResolutionKind.NoOp, ResolutionReason.ReportingOnly, orderRef)
            : Resolution(candidate, ResolutionKind.Held, ResolutionReason.MissingContext, orderRef, ["capture"]);
    }

    /// <summary>The event that the verdict is about: the one that asked for it, preferably the one at hand.</summary>
    private static Candidate? Actor(ImmutableArray<Candidate> candidates, Verdict verdict, Candidate? current, TriggerMatrix matrix)
    {
        if (verdict.Kind == ResolutionKind.NoOp || verdict.Reason == ResolutionReason.MissingContext)
        {
            return null;
        }

        var asking = candidates.Where(candidate => !candidate.IsSameFact && matrix.ActionFor(candidate.Event.Type) == verdict.Action).ToImmutableArray();
        return asking.FirstOrDefault(candidate => candidate == current)
            ?? asking.MaxBy(candidate => candidate.Event.OccurredAt)
            ?? (verdict.Kind == ResolutionKind.Action ? current ?? candidates.LastOrDefault() : null);
    }

    /// <summary>Reviews wait for people; everything else that is held is looked at again whenever more is known of its order.</summary>
    private static bool Waits(EventResolution resolution) =>
        resolution.Reason is not (ResolutionReason.MatrixReview or ResolutionReason.RefundReview);

    private static ImmutableArray<string> MissingWithoutOrder(ImmutableArray<Payment> payments) =>
        payments.All(payment => payment.Named is null) ? ["order_ref", "lines"] : ["order_ref"];

    private static ImmutableArray<Payment> Siblings(TenantState state, Payment payment) =>
    [
        payment,
        .. payment.OrderRef is null
            ? Enumerable.Empty<Payment>()
            : state.Payments.Where(each => each.OrderRef == payment.OrderRef && each.Id != payment.Id),
    ];

    private static bool KnowsCapture(Payment payment) => payment.Knows(PaymentEventType.CaptureSucceeded);

    private static WaitingEvent Waiting(PaymentEvent paymentEvent) =>
        new(paymentEvent.Id, paymentEvent.Type, paymentEvent.ModificationRef, paymentEvent.FullAmount, paymentEvent.OccurredAt);

    private static Decision Alone(PaymentEvent paymentEvent, ResolutionKind kind, string reason, params ImmutableArray<string> missingFields)
    {
        var resolution = new EventResolution(paymentEvent.Id, kind, reason, paymentEvent.OrderRef, missingFields, Moves: false);
        return new Decision(new StockOutcome.Resolved(resolution)) { EventResolutions = [resolution] };
    }

    private static EventResolution Resolution(
        Candidate candidate,
        ResolutionKind kind,
        string reason,
        string? orderRef,
        ImmutableArray<string> missingFields = default,
        bool moves = false) =>
        new(candidate.Event.Id, kind, reason, orderRef, missingFields.IsDefault ? [] : missingFields, moves);

    /// <summary>An event that gets its resolution now.</summary>
    /// <param name="IsSameFact">Another event reported the same fact before.</param>
    /// <param name="IsStale">Something later is already known of its payment.</param>
    /// <param name="IsReadable">All of its context could be read.</param>
    private sealed record Candidate(PaymentId Payment, WaitingEvent Event, bool KnowsCapture, bool IsSameFact, bool IsStale, bool IsReadable);
}
