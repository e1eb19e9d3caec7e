using System.Collections.Frozen;
using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Stripe;

/// <summary>
/// What each type of event says happened to a payment. The modification reference is equal for all events that report
/// one business fact: Stripe sends one capture as <c>payment_intent.succeeded</c> and as <c>charge.captured</c>, one refund
/// as <c>refund.created</c>, <c>refund.updated</c> and <c>charge.refunded</c>.
/// </summary>
internal static class StripePaymentFacts
{
    private static readonly FrozenDictionary<string, Func<EventFields, PaymentEvent>> Readers = new Dictionary<string, Func<EventFields, PaymentEvent>>
    {
        ["payment_intent.amount_capturable_updated"] = StripeIntents.Authorized,
        ["payment_intent.succeeded"] = StripeIntents.Captured,
        ["payment_intent.canceled"] = StripeIntents.Canceled,
        ["payment_intent.payment_failed"] = StripeIntents.Failed,
        ["charge.succeeded"] = StripeCharges.Succeeded,
        ["charge.captured"] = StripeCharges.Captured,
        ["charge.failed"] = StripeCharges.Failed,
        ["charge.expired"] = StripeCharges.Expired,
        ["charge.refunded"] = StripeCharges.Refunded,
        ["refund.created"] = StripeRefunds.Read,
        ["refund.updated"] = StripeRefunds.Read,
        ["refund.failed"] = StripeRefunds.Read,
        ["charge.refund.updated"] = StripeRefunds.Read,
        ["charge.dispute.created"] = StripeDisputes.Created,
        ["charge.dispute.updated"] = StripeDisputes.AsItStands,
        ["charge.dispute.closed"] = StripeDisputes.Closed,
        ["charge.dispute.funds_withdrawn"] = StripeDisputes.AsItStands,
        ["charge.dispute.funds_reinstated"] = StripeDisputes.AsItStands,
        ["payout.reconciliation_completed"] = Reconciled,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The types that are translated; every other one is a recorded no-op.</summary>
    public static IReadOnlyCollection<string> Types => Readers.Keys;

    /// <summary>The fact; one of type Unknown where a known type says nothing about a payment yet; null where the type is not translated.</summary>
    public static PaymentEvent? Read(string type, EventFields fields) => Readers.TryGetValue(type, out var read) ? read(fields) : null;

    /// <summary>A known type that, as it stands, changes nothing: the record says which state it reported.</summary>
    public static PaymentEvent Nothing(string state) => new() { EventType = PaymentEventType.Unknown, ProviderEventType = state };

    public static PaymentEvent Fact(PaymentEventType type, EventFields fields, string payment, string modificationRef, long minorUnits, bool isFull) => new()
    {
        EventType = type,
        PaymentObjectId = payment,
        ModificationRef = modificationRef,
        Amount = new Money { Currency = fields.Currency("currency"), MinorUnits = minorUnits },
        FullAmount = isFull,
        PaymentMethod = fields.Object("payment_method_details").PaymentMethod("type"),
    };

    /// <summary>An amount that the event's type says is there.</summary>
    public static long Taken(EventFields fields, string name)
    {
        var before = fields.Problems.Count;
        var units = fields.MinorUnits(name);
        return units == 0 && fields.Problems.Count == before
            ? fields.Report(name, "is 0, which contradicts the event's type", 0L)
            : units;
    }

    // Which payments it settles is in its balance transactions. `payout.paid` is only expected and not final, so it is not translated.
    private static PaymentEvent Reconciled(EventFields payout) => new()
    {
        EventType = PaymentEventType.SettlementConfirmed,
        ModificationRef = payout.Text("id"),
        Amount = new Money { Currency = payout.Currency("currency"), MinorUnits = payout.MinorUnits("amount") },
    };
}
