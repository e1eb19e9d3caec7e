using System.Globalization;
using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Stripe;

/// <summary>
/// What each type of event says happened to a payment. The modification reference is equal for all events that report
/// one business fact: Stripe sends one capture as <c>payment_intent.succeeded</c> and as <c>charge.captured</c>.
/// </summary>
internal static class StripePaymentFacts
{
    /// <summary>The fact, or null where the type is not one that is translated.</summary>
    public static PaymentEvent? Read(string type, EventFields fields) => type switch
    {
        "payment_intent.amount_capturable_updated" => IntentAuthorized(fields),
        "payment_intent.succeeded" => IntentCaptured(fields),
        "payment_intent.canceled" => IntentCanceled(fields),
        "charge.captured" => ChargeCaptured(fields),
        "charge.refunded" => ChargeRefunded(fields),
        _ => null,
    };

    private static PaymentEvent IntentAuthorized(EventFields intent)
    {
        var id = intent.Text("id");
        var amount = intent.MinorUnits("amount");
        var capturable = intent.OptionalMinorUnits("amount_capturable", absent: amount);
        return Fact(PaymentEventType.AuthCreated, intent, id, id, capturable, isFull: capturable >= amount);
    }

    private static PaymentEvent IntentCanceled(EventFields intent)
    {
        var id = intent.Text("id");
        var amount = intent.MinorUnits("amount");
        var received = intent.OptionalMinorUnits("amount_received", absent: 0);
        return Fact(PaymentEventType.AuthVoided, intent, id, id, Math.Max(0, amount - received), isFull: received == 0);
    }

    private static PaymentEvent IntentCaptured(EventFields intent)
    {
        var received = Taken(intent, "amount_received");
        return Capture(intent, intent.Text("id"), intent.Id("latest_charge"), received, intent.MinorUnits("amount"));
    }

    private static PaymentEvent ChargeCaptured(EventFields charge)
    {
        var captured = Taken(charge, "amount_captured");
        return Capture(charge, PaymentOf(charge), charge.Text("id"), captured, charge.MinorUnits("amount"));
    }

    private static PaymentEvent ChargeRefunded(EventFields charge)
    {
        var payment = PaymentOf(charge);
        var chargeId = charge.Text("id");
        var amount = charge.MinorUnits("amount");
        var refunded = Taken(charge, "amount_refunded");
        var isRefundedWhole = charge.Flag("refunded");
        if (!charge.Flag("captured"))
        {
            // Cancelling an authorization looks like a refund, but no money had been taken: it is a release.
            return Fact(PaymentEventType.AuthVoided, charge, payment, payment, refunded, isRefundedWhole);
        }

        // The part of an authorization that a partial capture let go is in amount_refunded too. It was never the
        // customer's money on our side.
        var captured = Taken(charge, "amount_captured");
        var letGo = Math.Max(0, amount - captured);
        var givenBack = isRefundedWhole ? captured : Math.Clamp(refunded - letGo, 0, captured);
        if (givenBack == 0)
        {
            // All that it says about money that was taken is that a part was captured: the same fact as the capture.
            return Capture(charge, payment, chargeId, captured, amount);
        }

        var reference = string.Create(CultureInfo.InvariantCulture, $"{chargeId}:refunded:{refunded}");
        return Fact(PaymentEventType.RefundPosted, charge, payment, reference, givenBack, isRefundedWhole);
    }

    private static PaymentEvent Capture(EventFields fields, string payment, string chargeId, long captured, long amount)
    {
        var reference = string.Create(CultureInfo.InvariantCulture, $"{chargeId}:{captured}");
        return Fact(PaymentEventType.CaptureSucceeded, fields, payment, reference, captured, captured >= amount);
    }

    private static PaymentEvent Fact(PaymentEventType type, EventFields fields, string payment, string modificationRef, long minorUnits, bool isFull) => new()
    {
        EventType = type,
        PaymentObjectId = payment,
        ModificationRef = modificationRef,
        Amount = new Money { Currency = fields.Currency("currency"), MinorUnits = minorUnits },
        FullAmount = isFull,
    };

    // A charge that was made without an intent is its own payment.
    private static string PaymentOf(EventFields charge) =>
        charge.OptionalId("payment_intent") is { Length: > 0 } intent ? intent : charge.Text("id");

    private static long Taken(EventFields fields, string name)
    {
        var before = fields.Problems.Count;
        var units = fields.MinorUnits(name);
        if (units == 0 && fields.Problems.Count == before)
        {
            fields.Problems.Add($"data.object.{name} is 0, which contradicts the event's type");
        }

        return units;
    }
}
