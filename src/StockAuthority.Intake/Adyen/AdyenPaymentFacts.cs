using Google.Protobuf.WellKnownTypes;
using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Adyen;

/// <summary>
/// What each event code says happened to a payment. A modification's <c>pspReference</c> is its own and
/// <c>originalReference</c> the payment; authorizations, expiries and closed offers carry only the payment's. Codes:
/// https://docs.adyen.com/development-resources/webhooks/webhook-types.
/// </summary>
internal static class AdyenPaymentFacts
{
    /// <summary>The fact; null where the code is not one that is translated, or reports a request that changed nothing.</summary>
    public static PaymentEvent? Read(string code, bool success, string reference, EventFields item, bool isImmediateCapture)
    {
        switch (code)
        {
            case "AUTHORISATION":
                return Authorisation(success, reference, item, isImmediateCapture);
            case "CAPTURE":
                return Capture(success ? PaymentEventType.CaptureSucceeded : PaymentEventType.CaptureFailed, reference, item, isImmediateCapture);
            case "REFUND":
                return Modification(success ? PaymentEventType.RefundPosted : PaymentEventType.RefundFailed, reference, item);
            case "CANCELLATION" or "TECHNICAL_CANCEL":
                return success ? Cancellation(item) : null;
            case "CANCEL_OR_REFUND":
                return success ? CancelOrRefund(reference, item) : null;
        }

        var type = code switch
        {
            "CAPTURE_FAILED" => PaymentEventType.CaptureFailed,
            "EXPIRE" or "OFFER_CLOSED" => PaymentEventType.AuthVoided,
            "REPORT_AVAILABLE" => PaymentEventType.SettlementConfirmed,
            "REFUND_FAILED" or "REFUNDED_REVERSED" => PaymentEventType.RefundFailed,
            "NOTIFICATION_OF_CHARGEBACK" or "CHARGEBACK" => PaymentEventType.ChargebackOpened,
            "CHARGEBACK_REVERSED" or "PREARBITRATION_WON" or "SCHEME_ARBITRATION_WON" => PaymentEventType.ChargebackWon,
            "SECOND_CHARGEBACK" or "PREARBITRATION_LOST" or "SCHEME_ARBITRATION_LOST" or "DISPUTE_DEFENSE_PERIOD_ENDED" => PaymentEventType.ChargebackLost,
            _ => PaymentEventType.Unspecified,
        };
        if (type == PaymentEventType.Unspecified)
        {
            return null;
        }

        // These report what has happened and not how a request ended, CAPTURE_FAILED included: they are always true.
        if (!success)
        {
            item.Report("success", $"is false, which has no meaning for {code}", false);
        }

        return type switch
        {
            PaymentEventType.CaptureFailed => Capture(type, reference, item, isImmediateCapture),
            PaymentEventType.AuthVoided => Fact(type, reference, reference, item, isFull: true),

            // Which payments it settles is in the report, whose address is not signed: nothing is fetched from there.
            PaymentEventType.SettlementConfirmed => new PaymentEvent { EventType = type, ModificationRef = reference },
            _ => Dispute(type, reference, item),
        };
    }

    /// <summary>The deadline is not signed, and is for people: it decides nothing.</summary>
    private static PaymentEvent Dispute(PaymentEventType type, string reference, EventFields item)
    {
        var fact = Modification(type, reference, item);
        fact.CaseId = reference;
        fact.RespondByTime = item.Object("additionalData").OptionalIsoTime("defensePeriodEndsAt")?.ToTimestamp();
        return fact;
    }

    private static PaymentEvent? Authorisation(bool success, string reference, EventFields item, bool isImmediateCapture)
    {
        var fact = Fact(!success ? PaymentEventType.AuthFailed : isImmediateCapture ? PaymentEventType.CaptureSucceeded : PaymentEventType.AuthCreated, reference, reference, item, isFull: true);

        // A card that is only checked or stored: no money is held, and the reference is no order's.
        return fact.Amount.MinorUnits == 0 && item.Problems.Count == 0 ? null : fact;
    }

    /// <summary>
    /// The amount of the payment is not in it, so whether it is a part cannot be known here: it is not called full
    /// (docs/decisions/0011). With immediate capture there is the one capture, of everything, that the authorization has
    /// reported: all that is said about it is one fact, whether CAPTURE comes or not.
    /// </summary>
    private static PaymentEvent Capture(PaymentEventType type, string reference, EventFields item, bool isImmediateCapture)
    {
        var payment = item.Text("originalReference");
        var fact = Fact(type, payment, isImmediateCapture ? payment : reference, item, isImmediateCapture);
        if (fact.Amount.MinorUnits == 0)
        {
            item.Report("amount.value", "is 0, which contradicts the event's code", 0L);
        }

        return fact;
    }

    // One fact, whichever of the codes report it.
    private static PaymentEvent Cancellation(EventFields item)
    {
        var payment = item.Text("originalReference");
        return Fact(PaymentEventType.AuthVoided, payment, payment, item, isFull: true);
    }

    /// <summary>
    /// Which of the two it was is not signed. It can be trusted as far as this: "cancel" releases only what is not
    /// captured, and what is not captured could only be cancelled.
    /// </summary>
    private static PaymentEvent CancelOrRefund(string reference, EventFields item)
    {
        var action = item.Object("additionalData").Text("modification.action");
        if (action is not ("cancel" or "refund"))
        {
            item.Report("additionalData.modification.action", "is neither cancel nor refund", false);
        }

        return action == "refund" ? Modification(PaymentEventType.RefundPosted, reference, item) : Cancellation(item);
    }

    private static PaymentEvent Modification(PaymentEventType type, string reference, EventFields item) =>
        Fact(type, item.Text("originalReference"), reference, item, isFull: false);

    private static PaymentEvent Fact(PaymentEventType type, string payment, string modificationRef, EventFields item, bool isFull)
    {
        var amount = item.Object("amount");
        return new PaymentEvent
        {
            EventType = type,
            PaymentObjectId = payment,
            ModificationRef = modificationRef,
            Amount = new Money { Currency = amount.Currency("currency"), MinorUnits = amount.MinorUnits("value") },
            FullAmount = isFull,
            PaymentMethod = item.PaymentMethod("paymentMethod"),
        };
    }
}
