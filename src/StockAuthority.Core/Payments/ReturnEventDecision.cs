using System.Collections.Immutable;
using StockAuthority.Core.Exceptions;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>
/// A return that an event reports: the same fact as one that a call reports, see <see cref="ReceiveReturnDecision"/>, whichever
/// comes first. The payment's facts have no part in it, and no trigger matrix: goods that came back wait for their inspection.
/// </summary>
internal static class ReturnEventDecision
{
    public static Decision Decide(TenantState state, PaymentEvent paymentEvent, DateTimeOffset now)
    {
        if (state.IsRecorded(paymentEvent.Id))
        {
            var duplicate = new EventResolution(paymentEvent.Id, ResolutionKind.NoOp, ResolutionReason.DuplicateDelivery, paymentEvent.OrderRef, [], Moves: false);
            return new Decision(new StockOutcome.Resolved(duplicate)) { ExtraDelivery = paymentEvent.Id };
        }

        if (paymentEvent.OrderRef is not { } orderRef || paymentEvent.Lines.IsEmpty)
        {
            return Resolved(
                paymentEvent,
                ResolutionKind.Held,
                ResolutionReason.MissingContext,
                [.. ((string, bool)[])[("order_ref", paymentEvent.OrderRef is null), ("lines", paymentEvent.Lines.IsEmpty)]]);
        }

        ImmutableArray<ReceivedReturn> earlier = [.. state.Returns(orderRef, paymentEvent.ModificationRef)];
        if (earlier.FirstOrDefault(each => each.HasLines(paymentEvent.Lines)) is { } known)
        {
            return Resolved(paymentEvent, ResolutionKind.NoOp, ResolutionReason.SameFact, []) with { Returns = known.ByEvent ? [] : [known with { ByEvent = true }] };
        }

        // Another receipt under the document, or the same one counted otherwise: nothing here can tell.
        if (!earlier.IsEmpty)
        {
            return Resolved(paymentEvent, ResolutionKind.Held, ResolutionReason.LinesDiffer, []);
        }

        var received = ReceiveReturnDecision.Decide(
            state,
            new StockCommand.ReceiveReturn(orderRef, paymentEvent.ModificationRef, paymentEvent.Lines, ReservationNumber: null, paymentEvent.OccurredAt),
            now);
        return received.Outcome is not StockOutcome.Applied
            ? received
            : Resolved(paymentEvent, ResolutionKind.Action, ResolutionReason.Returned, [], moves: true) with
            {
                Movements = received.Movements,
                Returns = [.. received.Returns.Select(each => each with { ByCall = false, ByEvent = true })],
            };
    }

    private static Decision Resolved(
        PaymentEvent paymentEvent,
        ResolutionKind kind,
        string reason,
        ImmutableArray<(string Field, bool IsMissing)> missing,
        bool moves = false)
    {
        var resolution = new EventResolution(
            paymentEvent.Id, kind, reason, paymentEvent.OrderRef, [.. missing.Where(each => each.IsMissing).Select(each => each.Field)], moves);
        return new Decision(new StockOutcome.Resolved(resolution))
        {
            EventResolutions = [resolution],
            Raised = kind == ResolutionKind.Held ? [PaymentExceptions.Return(paymentEvent, reason, resolution.MissingFields)] : [],
        };
    }
}
