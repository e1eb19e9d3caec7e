using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Stripe;

/// <summary>What events about a Charge say (https://docs.stripe.com/api/charges/object).</summary>
internal static class StripeCharges
{
    /// <summary>
    /// Authorized, or captured at once. How long an authorization holds is <c>capture_before</c>, where the charge has it, and
    /// is never assumed: that it is over is told by <c>charge.expired</c> or <c>payment_intent.canceled</c>.
    /// </summary>
    public static PaymentEvent Succeeded(EventFields charge)
    {
        if (charge.Flag("captured"))
        {
            return Captured(charge);
        }

        var payment = PaymentOf(charge);
        return StripePaymentFacts.Fact(PaymentEventType.AuthCreated, charge, payment, payment, charge.MinorUnits("amount"), isFull: true);
    }

    public static PaymentEvent Captured(EventFields charge)
    {
        var captured = StripePaymentFacts.Taken(charge, "amount_captured");
        return Capture(charge, PaymentOf(charge), charge.Text("id"), captured, charge.MinorUnits("amount"));
    }

    public static PaymentEvent Failed(EventFields charge) =>
        StripePaymentFacts.Fact(PaymentEventType.AuthFailed, charge, PaymentOf(charge), charge.Text("id"), charge.MinorUnits("amount"), isFull: true);

    /// <summary>The same fact as the intent's cancellation that follows it.</summary>
    public static PaymentEvent Expired(EventFields charge)
    {
        var payment = PaymentOf(charge);
        var captured = charge.OptionalMinorUnits("amount_captured", absent: 0);
        return StripePaymentFacts.Fact(PaymentEventType.AuthVoided, charge, payment, payment, Math.Max(0, charge.MinorUnits("amount") - captured), isFull: captured == 0);
    }

    public static PaymentEvent Refunded(EventFields charge)
    {
        var payment = PaymentOf(charge);
        var amount = charge.MinorUnits("amount");
        var refunded = StripePaymentFacts.Taken(charge, "amount_refunded");
        var isRefundedWhole = charge.Flag("refunded");
        if (!charge.Flag("captured"))
        {
            // Cancelling an authorization looks like a refund, but no money had been taken: it is a release.
            return StripePaymentFacts.Fact(PaymentEventType.AuthVoided, charge, payment, payment, refunded, isRefundedWhole);
        }

        // The part of an authorization that a partial capture let go is in amount_refunded too. It was never the
        // customer's money on our side: all that is said about money that was taken is the capture again.
        var captured = StripePaymentFacts.Taken(charge, "amount_captured");
        if (!isRefundedWhole && refunded <= Math.Max(0, amount - captured))
        {
            return Capture(charge, payment, charge.Text("id"), captured, amount);
        }

        // It says how much was refunded in all, not by which refund; a total of its own would be a second fact of the one
        // refund that `refund.created` tells. Since 2022-11-15 the refunds are only in it where they are asked for.
        return StripeRefunds.LatestOf(charge) is { } refund
            ? StripeRefunds.Read(refund, payment, isWhole: isRefundedWhole)
            : StripePaymentFacts.Nothing("charge.refunded without its refunds");
    }

    /// <summary>
    /// Stripe tells the total that has been captured of a charge, up to fifty times. So the charge is the reference, and all of it is
    /// one fact whose amount grows: amounts of one fact are not added up, as those of several would be.
    /// </summary>
    public static PaymentEvent Capture(EventFields fields, string payment, string chargeId, long captured, long amount) =>
        StripePaymentFacts.Fact(PaymentEventType.CaptureSucceeded, fields, payment, chargeId, captured, captured >= amount);

    // A charge that was made without an intent is its own payment.
    private static string PaymentOf(EventFields charge) =>
        charge.OptionalId("payment_intent") is { Length: > 0 } intent ? intent : charge.Text("id");
}
