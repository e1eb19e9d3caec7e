using Google.Protobuf.WellKnownTypes;
using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Stripe;

/// <summary>
/// What events about a Dispute say (https://docs.stripe.com/api/disputes/object). The reference is the dispute's id, the case;
/// one that was won can still be lost, so its states are facts of their own, ordered by when they were told.
/// </summary>
internal static class StripeDisputes
{
    public static PaymentEvent Created(EventFields dispute) => Fact(PaymentEventType.ChargebackOpened, dispute);

    public static PaymentEvent Closed(EventFields dispute) => StateOf(dispute) is PaymentEventType.ChargebackOpened
        ? dispute.Report("status", "is that of an open dispute, which contradicts the event's type", StripePaymentFacts.Nothing(""))
        : AsItStands(dispute);

    /// <summary>Money that moves and evidence that is added are told with the state that the case is in.</summary>
    public static PaymentEvent AsItStands(EventFields dispute) => Fact(StateOf(dispute), dispute);

    private static PaymentEventType StateOf(EventFields dispute) => dispute.Text("status") switch
    {
        "needs_response" or "under_review" or "warning_needs_response" or "warning_under_review" => PaymentEventType.ChargebackOpened,
        "won" or "warning_closed" or "prevented" => PaymentEventType.ChargebackWon,
        "lost" => PaymentEventType.ChargebackLost,
        _ => dispute.Report("status", "is not one of a dispute's known ones", PaymentEventType.Unknown),
    };

    private static PaymentEvent Fact(PaymentEventType type, EventFields dispute)
    {
        var payment = dispute.OptionalId("payment_intent") is { Length: > 0 } intent ? intent : dispute.Id("charge");
        var fact = StripePaymentFacts.Fact(type, dispute, payment, dispute.Text("id"), dispute.MinorUnits("amount"), isFull: false);
        fact.CaseId = fact.ModificationRef;
        fact.RespondByTime = dispute.Object("evidence_details").OptionalTime("due_by")?.ToTimestamp();
        return fact;
    }
}
