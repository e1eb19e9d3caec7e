using System.Collections.Immutable;
using StockAuthority.Core.Exceptions;
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
            var untranslated = new EventResolution(paymentEvent.Id, ResolutionKind.NoOp, ResolutionReason.UnknownEventType, paymentEvent.OrderRef, [], Moves: false);
            return new Decision(new StockOutcome.Resolved(untranslated)) { EventResolutions = [untranslated] };
        }

        if (paymentEvent.Type == PaymentEventType.Unreadable)
        {
            return Alone(paymentEvent, matrices, ResolutionReason.UnreadablePayload);
        }

        if (paymentEvent.PaymentObjectId is null)
        {
            return Alone(paymentEvent, matrices, ResolutionReason.MissingContext, "payment_object_id");
        }

        var known = state.Payment(new PaymentId(paymentEvent.Id.Provider, paymentEvent.Id.Account, paymentEvent.PaymentObjectId))
            ?? Payment.New(new PaymentId(paymentEvent.Id.Provider, paymentEvent.Id.Account, paymentEvent.PaymentObjectId));
        if (known.Facts.Length >= Payment.MaximumFacts)
        {
            return Alone(paymentEvent, matrices, ResolutionReason.TooManyFacts);
        }

        if (paymentEvent.OrderRef is not null && known.OrderRef is not null && paymentEvent.OrderRef != known.OrderRef)
        {
            return Alone(paymentEvent, matrices, ResolutionReason.OrderDiffers);
        }

        var before = Siblings(state, known);
        var isSameFact = known.IsRepeatedBy(paymentEvent);
        var payment = known.With(paymentEvent, state.LastSequence);
        payment = payment with
        {
            OrderRef = payment.OrderRef ?? state.ReservationsOfPayment(paymentEvent.PaymentObjectId).FirstOrDefault()?.OrderRef,
        };
        var isStale = known.Facts.Any(fact => fact.OccurredAt > paymentEvent.OccurredAt);
        var current = new Candidate(payment.InItsCurrency(), Waiting(paymentEvent), isSameFact, isStale);
        return Resolve(new DecisionBuilder(state, now), payment.OrderRef, Siblings(state, payment), before, current, matrices);
    }

    /// <summary>A checkout named an order, and maybe its payment: what waited for that is decided now, in the same transaction.</summary>
    public static Decision AfterReserve(DecisionBuilder builder, Reservation reservation, string? paymentObjectId, TriggerMatrices matrices)
    {
        ImmutableArray<Payment> payments =
        [
            .. builder.State.PaymentsOfOrder(reservation.OrderRef),
            .. (paymentObjectId is null ? [] : builder.State.PaymentsOfObject(paymentObjectId))
                .Where(payment => payment.OrderRef is null)
                .Select(payment => payment with { OrderRef = reservation.OrderRef }),
        ];
        var decision = payments.IsEmpty
            ? builder.Build(new StockOutcome.Applied(reservation))
            : Resolve(builder, reservation.OrderRef, payments, payments, null, matrices);
        return decision with { Outcome = new StockOutcome.Applied(builder.Reservation(reservation.Number)) };
    }

    /// <summary>Judges an order's or a payment's held events again; says that it was swept, and that nothing came of it, where nothing did.</summary>
    public static Decision Reconsider(TenantState state, StockCommand.Reconsider command, TriggerMatrices matrices, DateTimeOffset now)
    {
        var orderRef = command.OrderRef ?? (command.Payment is { } id ? state.Payment(id)?.OrderRef : null);
        ImmutableArray<Payment> payments =
        [
            .. orderRef is not null ? state.PaymentsOfOrder(orderRef)
                : command.Payment is { } named && state.Payment(named) is { } alone ? [alone] : Enumerable.Empty<Payment>(),
        ];
        var decision = Resolve(new DecisionBuilder(state, now), orderRef, payments, payments, null, matrices);
        return decision.Movements.IsEmpty && decision.EventResolutions.IsEmpty
            ? new Decision(new StockOutcome.Swept(Expired: false))
            : decision with { Outcome = new StockOutcome.Applied(null) };
    }

    private static Decision Resolve(
        DecisionBuilder builder,
        string? orderRef,
        ImmutableArray<Payment> payments,
        ImmutableArray<Payment> before,
        Candidate? current,
        TriggerMatrices all)
    {
        // Of all that is known, whether it counts or not: what an event that does not count has moved is undone under the same matrix.
        var matrices = OrderMatrices.Of(all, builder, orderRef, payments);
        ImmutableArray<Payment> earlier = [.. before.Where(payment => payment.OrderRef == orderRef).Select(payment => payment.InItsCurrency())];
        ImmutableArray<Payment> counting = [.. payments.Select(payment => payment.InItsCurrency())];
        ImmutableArray<Verdict> verdicts = orderRef is null
            ? [Verdict.Held(InventoryAction.None, ResolutionReason.MissingContext, MissingWithoutOrder(payments))]
            : OrderConvergence.Converge(builder, matrices, orderRef, counting, earlier);
        ImmutableArray<Candidate> candidates =
        [
            .. counting.SelectMany(payment => payment.Waiting.Select(waiting => new Candidate(payment, waiting, IsSameFact: false, IsStale: false))),
            .. current is null ? Enumerable.Empty<Candidate>() : [current],
        ];
        var contradictions = Contradictions.Of(payments, candidates, current, orderRef is null ? [] : builder.ReservationsOfOrder(orderRef));
        var lastRefunds = LastRefunds(candidates);
        var isHere = orderRef is not null && builder.ReservationsOfOrder(orderRef).Any(reservation => !reservation.IsFinal);
        ImmutableArray<Candidate> asked = [.. candidates.Where(candidate => !contradictions.ContainsKey(candidate))];
        var asking = Asking(asked, verdicts, current, matrices);
        var mover = !builder.HasMovements ? null
            : asking.FirstOrDefault(each => each.Value.Kind == ResolutionKind.Action, asking.FirstOrDefault()).Key ?? current;
        ImmutableArray<(Candidate Candidate, EventResolution Resolution)> resolutions =
        [
            .. candidates.Select(candidate => (candidate, (contradictions.TryGetValue(candidate, out var contradiction)
                ? Resolution(candidate, ResolutionKind.Held, contradiction, orderRef)
                : asking.TryGetValue(candidate, out var verdict) && !IsReviewedToo(candidate, verdict)
                    ? Resolution(candidate, verdict.Kind, verdict.Reason, orderRef, verdict.MissingFields)
                    : ResolutionOf(candidate, lastRefunds, verdicts, orderRef, isHere, matrices)) with
                {
                    Moves = candidate == mover,
                    Before = StateOf(builder.State.ReservationsOfOrder(orderRef ?? ""), earlier.FirstOrDefault(each => each.Id == candidate.Payment.Id), matrices),
                    After = StateOf(orderRef is null ? [] : builder.ReservationsOfOrder(orderRef), candidate.Payment, matrices),
                })),
        ];

        var (raised, mended) = PaymentExceptions.Of(resolutions, IsNews, orderRef, matrices);
        // Only by events: a Reserve tells nothing about money.
        var booking = current is null ? default
            : LedgerBooking.Book(payments.Single(payment => payment.Id == current.Payment.Id), current.Event.Id, matrices);
        return builder.Build(new StockOutcome.Resolved(resolutions.FirstOrDefault(each => each.Candidate == current).Resolution)) with
        {
            Raised = raised,
            Mended = mended,
            Payments =
            [
                .. payments.Select(payment => (payment.Id == booking.Payment?.Id ? booking.Payment : payment) with
                {
                    Waiting =
                    [
                        .. resolutions.Where(each => each.Candidate.Payment.Id == payment.Id && IsJudgedAgain(each.Candidate, each.Resolution, matrices))
                            .Select(each => each.Candidate.Event with { Judged = IsNews(each.Candidate, each.Resolution) ? Judgement(each.Resolution) : each.Candidate.Event.Judged }),
                    ],
                }),
            ],
            LedgerIntents = current is null ? [] : booking.Intents,
            EventResolutions = [.. resolutions.Where(each => IsNews(each.Candidate, each.Resolution)).Select(each => each.Resolution)],
        };

        // It moved some lines, and of others a person has to see it: that must not be hidden.
        bool IsReviewedToo(Candidate candidate, Verdict verdict) =>
            verdict.Kind == ResolutionKind.Action
            && matrices.Asks(candidate.Event.Type, InventoryAction.Review)
            && ResolutionOf(candidate, lastRefunds, verdicts, orderRef, isHere, matrices).Kind == ResolutionKind.Held;
    }

    /// <summary>What an event did stays its resolution, unless people have to look at it after all.</summary>
    private static bool IsNews(Candidate candidate, EventResolution resolution) =>
        resolution.Moves
        || (candidate.Event.Judged != Judgement(resolution)
            && !(candidate.Event.Judged is { Kind: ResolutionKind.Action } && resolution.Kind == ResolutionKind.NoOp));

    private static EventJudgement Judgement(EventResolution resolution) =>
        new(resolution.Kind, resolution.Reason, string.Join(',', resolution.MissingFields));

    private static OrderState StateOf(IEnumerable<Reservation> reservations, Payment? payment, OrderMatrices matrices)
    {
        ImmutableArray<ReservationLine> lines = [.. reservations.SelectMany(reservation => reservation.Lines)];
        return new OrderState(
            payment is null ? Standing.Unknown : matrices.All.Max(matrix => PaymentStanding.Of(payment, matrix)),
            lines.Sum(line => line.Reserved),
            lines.Sum(line => line.Committed),
            lines.Sum(line => line.Fulfilled));
    }

    private static EventResolution ResolutionOf(
        Candidate candidate,
        HashSet<Candidate> lastRefunds,
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
        if (needsContext && verdicts.FirstOrDefault(verdict => verdict.Reason == ResolutionReason.MissingContext) is { } missing)
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
            return RefundResolution(candidate, lastRefunds.Contains(candidate), orderRef, isHere, matrices);
        }

        // What failed then was taken in the end.
        if (type == PaymentEventType.CaptureFailed
            && PaymentStanding.LiveCaptures(candidate.Payment).Any(fact => fact.ModificationRef == candidate.Event.ModificationRef))
        {
            return Resolution(candidate, ResolutionKind.NoOp, ResolutionReason.Stale, orderRef);
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

    /// <summary>
    /// A refund moves no stock. That of a whole order which is still here is for people to look at, where the matrix says so: the
    /// last of the refunds that are all of it together.
    /// </summary>
    private static EventResolution RefundResolution(
        Candidate candidate,
        bool isLast,
        string? orderRef,
        bool isHere,
        OrderMatrices matrices)
    {
        if (!matrices.Asks(PaymentEventType.RefundPosted, InventoryAction.Review) || !CanBeAll(candidate))
        {
            return Resolution(candidate, ResolutionKind.NoOp, ResolutionReason.ReportingOnly, orderRef);
        }

        // What is refunded was captured: where that is not known yet, the capture is still on its way. Unless the authorization was
        // cancelled: some providers tell that as a refund too.
        var isPaid = candidate.Payment.Knows(PaymentEventType.CaptureSucceeded)
            || matrices.All.Any(matrix => PaymentStanding.Of(candidate.Payment, matrix) == Standing.Committing);
        return !PaymentStanding.LiveRefunds(candidate.Payment).Any(fact => fact.ModificationRef == candidate.Event.ModificationRef)
                ? Resolution(candidate, ResolutionKind.NoOp, ResolutionReason.Stale, orderRef)
            : !isPaid && candidate.Payment.Knows(PaymentEventType.AuthVoided) ? Resolution(candidate, ResolutionKind.NoOp, ResolutionReason.ReportingOnly, orderRef)
            : !isPaid ? Resolution(candidate, ResolutionKind.Held, ResolutionReason.MissingContext, orderRef, ["capture"])
            : isHere && isLast && PaymentStanding.IsRefundedInFull(candidate.Payment) ? Resolution(candidate, ResolutionKind.Held, ResolutionReason.RefundReview, orderRef)
            : Resolution(candidate, ResolutionKind.NoOp, ResolutionReason.ReportingOnly, orderRef);
    }

    /// <summary>A part that does not say how much it is never completes a whole.</summary>
    private static bool CanBeAll(Candidate refund) => refund.Event.FullAmount || refund.Event.Currency is not null;

    /// <summary>For each payment the last of its refunds that did not fail.</summary>
    private static HashSet<Candidate> LastRefunds(ImmutableArray<Candidate> candidates)
    {
        var last = new HashSet<Candidate>();
        foreach (var ofPayment in candidates
            .Where(each => each.Event.Type == PaymentEventType.RefundPosted && !each.IsSameFact && CanBeAll(each))
            .GroupBy(each => each.Payment.Id))
        {
            var live = PaymentStanding.LiveRefunds(ofPayment.First().Payment).Select(fact => fact.ModificationRef).ToHashSet();
            if (ofPayment.Where(each => live.Contains(each.Event.ModificationRef))
                .OrderBy(each => each.Event.OccurredAt)
                .ThenBy(each => each.Event.Id.EventId, StringComparer.Ordinal)
                .LastOrDefault() is { } refund)
            {
                last.Add(refund);
            }
        }

        return last;
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
            if (Holding([.. candidates.Where(candidate => !asking.ContainsKey(candidate))], verdict, current, matrices) is { } candidate)
            {
                asking.Add(candidate, verdict);
            }
        }

        var acted = verdicts.Where(verdict => verdict.Kind == ResolutionKind.Action).ToImmutableArray();
        var action = acted.FirstOrDefault(verdict => Acting(candidates, verdict, current, matrices) == current) ?? acted.FirstOrDefault();
        if (action is not null && (Acting(candidates, action, current, matrices) ?? Bystander(candidates, current, matrices)) is { } actor)
        {
            asking.TryAdd(actor, action);
        }

        return asking;
    }

    /// <summary>The event that is held for it: the one that is already, else the one at hand, else the latest that asked for it.</summary>
    private static Candidate? Holding(ImmutableArray<Candidate> candidates, Verdict verdict, Candidate? current, OrderMatrices matrices)
    {
        var asking = Those(action => action == verdict.Action);
        var concerned = Those(action => action == verdict.Action || verdict.Concerns(action));
        return concerned.FirstOrDefault(candidate => candidate.Event.Judged is { Kind: ResolutionKind.Held } judged && judged.Reason == verdict.Reason)
            ?? concerned.FirstOrDefault(candidate => candidate == current)
            ?? asking.MaxBy(candidate => candidate.Event.OccurredAt)
            ?? concerned.MaxBy(candidate => candidate.Event.OccurredAt);

        ImmutableArray<Candidate> Those(Func<InventoryAction, bool> ask) =>
            [.. candidates.Where(candidate => !candidate.IsSameFact && matrices.Asks(candidate.Event.Type, ask))];
    }

    /// <summary>The event whose doing it is: the one at hand where it asked for it, else the latest that waited for it.</summary>
    private static Candidate? Acting(ImmutableArray<Candidate> candidates, Verdict verdict, Candidate? current, OrderMatrices matrices)
    {
        var asking = candidates.Where(candidate => !candidate.IsSameFact
            && matrices.Asks(candidate.Event.Type, verdict.Action)
            && (candidate == current || candidate.Event.Judged is null or { Kind: ResolutionKind.Held })).ToImmutableArray();
        return asking.FirstOrDefault(candidate => candidate == current) ?? asking.MaxBy(candidate => candidate.Event.OccurredAt);
    }

    /// <summary>An event that brought what others had asked for, unless it is for people to look at itself.</summary>
    private static Candidate? Bystander(ImmutableArray<Candidate> candidates, Candidate? current, OrderMatrices matrices) =>
        (current ?? candidates.LastOrDefault()) is { } candidate && !matrices.Asks(candidate.Event.Type, InventoryAction.Review) ? candidate : null;

    /// <summary>
    /// Events are judged again whenever more becomes known of their order: what is held may be mended, and what was in order may turn
    /// out not to be. Except what only people or reports have to do with, once its context is known; a line that is not known yet may
    /// fall under any of the tenant's matrices.
    /// </summary>
    private static bool IsJudgedAgain(Candidate candidate, EventResolution resolution, OrderMatrices matrices) =>
        !candidate.IsSameFact
        && (resolution.Kind == ResolutionKind.Held && resolution.Reason != ResolutionReason.MatrixReview
            || candidate.Event.Type is PaymentEventType.CaptureFailed or PaymentEventType.RefundPosted
            || matrices.CanAsk(candidate.Event.Type, action => action is InventoryAction.Reserve or InventoryAction.Commit or InventoryAction.Release)
            || matrices.CanDiffer(candidate.Event.Type, InventoryAction.Review));

    private static ImmutableArray<string> MissingWithoutOrder(ImmutableArray<Payment> payments) =>
        payments.All(payment => payment.Named is null) ? ["order_ref", "lines"] : ["order_ref"];

    private static ImmutableArray<Payment> Siblings(TenantState state, Payment payment) =>
    [
        payment,
        .. payment.OrderRef is null
            ? Enumerable.Empty<Payment>()
            : state.PaymentsOfOrder(payment.OrderRef).Where(each => each.Id != payment.Id),
    ];

    private static WaitingEvent Waiting(PaymentEvent paymentEvent) =>
        new(
            paymentEvent.Id,
            paymentEvent.Type,
            paymentEvent.ModificationRef,
            paymentEvent.FullAmount,
            paymentEvent.OccurredAt,
            paymentEvent.Problems.IsEmpty,
            paymentEvent.Amount?.Currency);

    /// <summary>Held, whatever else is known of its payment.</summary>
    private static Decision Alone(PaymentEvent paymentEvent, TriggerMatrices matrices, string reason, params ImmutableArray<string> missingFields)
    {
        var resolution = new EventResolution(paymentEvent.Id, ResolutionKind.Held, reason, paymentEvent.OrderRef, missingFields, Moves: false);
        return new Decision(new StockOutcome.Resolved(resolution))
        {
            EventResolutions = [resolution],
            Raised = [PaymentExceptions.Alone(paymentEvent, reason, missingFields, matrices.Default.FindRow(paymentEvent.Type))],
        };
    }

    private static EventResolution Resolution(
        Candidate candidate,
        ResolutionKind kind,
        string reason,
        string? orderRef,
        ImmutableArray<string> missingFields = default) =>
        new(candidate.Event.Id, kind, reason, orderRef, missingFields.IsDefault ? [] : missingFields, Moves: false);
}
