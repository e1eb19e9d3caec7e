using System.Text.Json;
using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Stripe;

/// <summary>
/// What events about a Refund say (https://docs.stripe.com/api/refunds/object): its status, and not the event's type, says what
/// became of it. The reference is the refund's id, so that all that is told of one refund is one fact.
/// </summary>
internal static class StripeRefunds
{
    public static PaymentEvent Read(EventFields refund)
    {
        var payment = refund.OptionalId("payment_intent") is { Length: > 0 } intent ? intent : refund.Id("charge");
        if (refund.Find("charge") is not { ValueKind: JsonValueKind.Object })
        {
            return Read(refund, payment, isWhole: false);
        }

        var charge = refund.Object("charge");
        return charge.Flag("captured")
            ? Read(refund, payment, isWhole: refund.MinorUnits("amount") >= StripePaymentFacts.Taken(charge, "amount_captured"))
            : StripePaymentFacts.Fact(PaymentEventType.AuthVoided, refund, payment, payment, refund.MinorUnits("amount"), charge.Flag("refunded"));
    }

    /// <param name="isWhole">Whether nothing of the payment is left with it.</param>
    public static PaymentEvent Read(EventFields refund, string payment, bool isWhole)
    {
        var status = refund.Text("status");
        return status switch
        {
            "succeeded" => Fact(PaymentEventType.RefundPosted),
            "failed" or "canceled" => Fact(PaymentEventType.RefundFailed),
            "pending" or "requires_action" => StripePaymentFacts.Nothing($"refund {status}"),
            _ => refund.Report("status", "is not one of a refund's known ones", StripePaymentFacts.Nothing("")),
        };

        PaymentEvent Fact(PaymentEventType type) =>
            StripePaymentFacts.Fact(type, refund, payment, refund.Text("id"), StripePaymentFacts.Taken(refund, "amount"), isWhole);
    }

    /// <summary>The refund that a charge's event is about, where the charge comes with its refunds: newest first.</summary>
    public static EventFields? LatestOf(EventFields charge)
    {
        var refunds = charge.Find("refunds") is { ValueKind: JsonValueKind.Object } ? charge.Object("refunds") : null;
        return refunds?.Find("data") is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0
            ? new EventFields(list[0], "data.object.refunds.data[0]", charge.Problems)
            : null;
    }
}
