using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Stripe;

/// <summary>What events about a PaymentIntent say (https://docs.stripe.com/api/payment_intents/object).</summary>
internal static class StripeIntents
{
    public static PaymentEvent Authorized(EventFields intent)
    {
        var id = intent.Text("id");
        var amount = intent.MinorUnits("amount");
        var received = intent.OptionalMinorUnits("amount_received", absent: 0);

        // After one of several captures only the rest can be captured; what was authorized does not change.
        var authorized = (long)Int128.Min(long.MaxValue, (Int128)intent.OptionalMinorUnits("amount_capturable", absent: amount) + received);

        // An object that was fetched later can have left this state: that it was authorized stays true.
        authorized = authorized == 0 ? amount : authorized;
        return StripePaymentFacts.Fact(PaymentEventType.AuthCreated, intent, id, id, authorized, isFull: authorized >= amount);
    }

    public static PaymentEvent Captured(EventFields intent)
    {
        var received = StripePaymentFacts.Taken(intent, "amount_received");
        return StripeCharges.Capture(intent, intent.Text("id"), intent.Id("latest_charge"), received, intent.MinorUnits("amount"));
    }

    public static PaymentEvent Canceled(EventFields intent)
    {
        var id = intent.Text("id");
        var amount = intent.MinorUnits("amount");
        var received = intent.OptionalMinorUnits("amount_received", absent: 0);
        return StripePaymentFacts.Fact(PaymentEventType.AuthVoided, intent, id, id, Math.Max(0, amount - received), isFull: received == 0);
    }

    /// <summary>One attempt; the intent can be tried again. Its charge, where one was made, reports the same in <c>charge.failed</c>.</summary>
    public static PaymentEvent Failed(EventFields intent)
    {
        var id = intent.Text("id");
        var attempt = intent.OptionalId("latest_charge") is { Length: > 0 } charge ? charge : id;
        return StripePaymentFacts.Fact(PaymentEventType.AuthFailed, intent, id, attempt, intent.MinorUnits("amount"), isFull: true);
    }
}
