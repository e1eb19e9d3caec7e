using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>Gives a payment event its one resolution, and events that waited for context theirs.</summary>
internal static class PaymentEventDecision
{
    public static Decision Decide(TenantState state, PaymentEvent paymentEvent, TriggerMatrices matrices, DateTimeOffset now)
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

        var isSameFact = known.IsRepeatedBy(paymentEvent);
        var payment = known.With(paymentEvent, state.LastSequence);
        payment = payment with
        {
            OrderRef = payment.OrderRef ?? state.ReservationsOfPayment(paymentEvent.PaymentObjectId).FirstOrDefault()?.OrderRef,
        };
        var isStale = known.Facts.Any(fact => fact.OccurredAt > paymentEvent.OccurredAt);
        var current = new Candidate(payment, Waiting(paymentEvent), isSameFact, isStale);
        return Resolve(new DecisionBuilder(state, now), payment.OrderRef, Siblings(state, payment), current, matrices);
    }

    /// <summary>A checkout named an order, and maybe its payment: what waited for that is decided now, in the same transaction.</summary>
    public static Decision AfterReserve(DecisionBuilder builder, Reservation reservation, string? paymentObjectId, TriggerMatrices matrices)
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
            : Resolve(builder, reservation.OrderRef, payments, null, matrices);
        return decision with { Outcome = new StockOutcome.Applied(builder.Reservation(reservation.Number)) };
    }

    private static Decision Resolve(
        DecisionBuilder builder,
        string? orderRef,
        ImmutableArray<Payment> payments,
        Candidate? current,
        TriggerMatrices all)
    {
        var matrices = OrderMatrices.Of(all, builder, orderRef, payments);
        ImmutableArray<Verdict> verdicts = orderRef is null
            ? [Verdict.Held(InventoryAction.None, ResolutionReason.MissingContext, MissingWithoutOrder(payments))]
            : OrderConvergence.Converge(builder, matrices, orderRef, payments);
        ImmutableArray<Candidate> candidates =
        [
            .. payments.SelectMany(payment => payment.Waiting.Select(waiting => new Candidate(payment, waiting, IsSameFact: false, IsStale: false))),
            .. current is null ? Enumerable.Empty<Candidate>() : [current],
        ];
        var isHere = orderRef is not null && builder.ReservationsOfOrder(orderRef).Any(reservation => !reservation.IsFinal);
        var asking = Asking(candidates, verdicts, current, matrices);
        var mover = asking.FirstOrDefault(each => each.Value.Kind == ResolutionKind.Action, asking.FirstOrDefault()).Key;
        ImmutableArray<(Candidate Candidate, EventResolution Resolution)> resolutions =
        [
            .. candidates.Select(candidate => (candidate, asking.TryGetValue(candidate, out var verdict) && !IsReviewedToo(candidate, verdict)
                ? Resolution(candidate, verdict.Kind, verdict.Reason, orderRef, verdict.MissingFields, moves: candidate == mover)
                : ResolutionOf(candidate, verdicts, orderRef, isHere, matrices) with { Moves = candidate == mover })),
        ];

        return builder.Build(new StockOutcome.Resolved(resolutions.FirstOrDefault(each => each.Candidate == current).Resolution)) with
        {
            Payments =
            [
                .. payments.Select(payment => payment with
                {
                    Waiting =
                    [
                        .. resolutions.Where(each => each.Candidate.Payment.Id == payment.Id && each.Resolution.Kind == ResolutionKind.Held && Waits(each.Resolution))
                            .Select(each => each.Candidate.Event),
                    ],
                }),
            ],
            EventResolutions = [.. resolutions.Select(each => each.Resolution)],
        };

        // It moved some lines, and of others a person has to see it: that must not be hidden.
        bool IsReviewedToo(Candidate candidate, Verdict verdict) =>
            verdict.Kind == ResolutionKind.Action
            && matrices.Asks(candidate.Event.Type, InventoryAction.Review)
            && ResolutionOf(candidate, verdicts, orderRef, isHere, matrices).Kind == ResolutionKind.Held;
    }

    private static EventResolution ResolutionOf(
        Candidate candidate,
        ImmutableArray<Verdict> verdicts,
        string? orderRef,
        bool isHere,
        OrderMatrices matrices)
    {
        var type = candidate.Event.Type;
        if (candidate.IsSameFact)
        {
            return Resolution(candidate, ResolutionKind.NoOp, ResolutionReason.SameFact, orderRef);
        }

        // A person needs the order to look at, but not its lines.
        var needsContext = matrices.Asks(type, action =>
            action == InventoryAction.Review && type != PaymentEventType.RefundPosted ? orderRef is null : action != InventoryAction.None);
        if (needsContext && verdicts is [{ Reason: ResolutionReason.MissingContext } missing])
        {
            return Resolution(
                candidate,
                ResolutionKind.Held,
                candidate.Event.IsReadable ? ResolutionReason.MissingContext : ResolutionReason.InvalidContext,
                orderRef,
                missing.MissingFields);
        }

        if (type == PaymentEventType.RefundPosted)
        {
            return RefundResolution(candidate, orderRef, isHere, matrices);
        }

        if (matrices.Asks(type, InventoryAction.Review))
        {
            return Resolution(candidate, ResolutionKind.Held, ResolutionReason.MatrixReview, orderRef);
        }

        return matrices.Asks(type, action => action != InventoryAction.None)
            ? Resolution(
                candidate,
                ResolutionKind.NoOp,
                verdicts.FirstOrDefault(verdict => verdict.Kind == ResolutionKind.NoOp && matrices.Asks(type, verdict.Action))?.Reason
                    ?? (candidate.IsStale ? ResolutionReason.Stale : ResolutionReason.AlreadyThere),
                orderRef)
            : Resolution(candidate, ResolutionKind.NoOp, ResolutionReason.ReportingOnly, orderRef);
    }

    /// <summary>A refund moves no stock. That of a whole order which is still here is for people to look at, where the matrix says so.</summary>
    private static EventResolution RefundResolution(Candidate candidate, string? orderRef, bool isHere, OrderMatrices matrices)
    {
        if (!matrices.Asks(PaymentEventType.RefundPosted, InventoryAction.Review) || !candidate.Event.FullAmount)
        {
            return Resolution(candidate, ResolutionKind.NoOp, ResolutionReason.ReportingOnly, orderRef);
        }

        // What is refunded was captured: where that is not known yet, the capture is still on its way.
        var isPaid = candidate.Payment.Knows(PaymentEventType.CaptureSucceeded) || matrices.All.Any(matrix => PaymentStanding.Of(candidate.Payment, matrix) == Standing.Committing);
        return !isPaid ? Resolution(candidate, ResolutionKind.Held, ResolutionReason.MissingContext, orderRef, ["capture"])
            : isHere ? Resolution(candidate, ResolutionKind.Held, ResolutionReason.RefundReview, orderRef)
            : Resolution(candidate, ResolutionKind.NoOp, ResolutionReason.ReportingOnly, orderRef);
    }

    /// <summary>The events that the verdicts are about. What is held comes first, so that no movement hides it, and one event at most acts.</summary>
    private static Dictionary<Candidate, Verdict> Asking(
        ImmutableArray<Candidate> candidates,
        ImmutableArray<Verdict> verdicts,
        Candidate? current,
        OrderMatrices matrices)
    {
        var asking = new Dictionary<Candidate, Verdict>();
        foreach (var verdict in verdicts.Where(each => each.Kind == ResolutionKind.Held && each.Reason != ResolutionReason.MissingContext))
        {
            if (Asking(candidates, verdict, current, matrices) is { } candidate)
            {
                asking.TryAdd(candidate, verdict);
            }
        }

        var acted = verdicts.Where(verdict => verdict.Kind == ResolutionKind.Action).ToImmutableArray();
        var action = acted.FirstOrDefault(verdict => Asking(candidates, verdict, current, matrices) == current) ?? acted.FirstOrDefault();
        if (action is not null && (Asking(candidates, action, current, matrices) ?? Bystander(candidates, current, matrices)) is { } actor)
        {
            asking.TryAdd(actor, action);
        }

        return asking;
    }

    /// <summary>The event that asked for it, preferably the one at hand.</summary>
    private static Candidate? Asking(ImmutableArray<Candidate> candidates, Verdict verdict, Candidate? current, OrderMatrices matrices)
    {
        return Latest(action => action == verdict.Action) ?? Latest(verdict.Concerns);

        Candidate? Latest(Func<InventoryAction, bool> asks)
        {
            var asking = candidates.Where(candidate => !candidate.IsSameFact && matrices.Asks(candidate.Event.Type, asks)).ToImmutableArray();
            return asking.FirstOrDefault(candidate => candidate == current) ?? asking.MaxBy(candidate => candidate.Event.OccurredAt);
        }
    }

    /// <summary>An event that brought what others had asked for, unless it is for people to look at itself.</summary>
    private static Candidate? Bystander(ImmutableArray<Candidate> candidates, Candidate? current, OrderMatrices matrices) =>
        (current ?? candidates.LastOrDefault()) is { } candidate && !matrices.Asks(candidate.Event.Type, InventoryAction.Review) ? candidate : null;

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

    private static WaitingEvent Waiting(PaymentEvent paymentEvent) =>
        new(paymentEvent.Id, paymentEvent.Type, paymentEvent.ModificationRef, paymentEvent.FullAmount, paymentEvent.OccurredAt, paymentEvent.Problems.IsEmpty);

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
    private sealed record Candidate(Payment Payment, WaitingEvent Event, bool IsSameFact, bool IsStale);
}
