using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>One thing that is known to have happened to a payment, however many events reported it.</summary>
/// <param name="LearnedAt">The end of the journal when the first event told it: reservations with a higher number came later.</param>
/// <param name="Amount">The money that it was about, where any of its events said; the largest that one said.</param>
public sealed record PaymentFact(
    PaymentEventType Type,
    string ModificationRef,
    DateTimeOffset OccurredAt,
    bool FullAmount,
    ImmutableArray<StockLine> Lines,
    long LearnedAt,
    Money? Amount = null)
{
    /// <summary>How it is paid, where that is known.</summary>
    public string? PaymentMethod { get; init; }

    /// <summary>The minor units that are booked for it so far; null where nothing is. See <see cref="LedgerBooking"/>.</summary>
    public long? Booked { get; init; }

    /// <summary>One change in two currencies is two facts: they contradict each other, and neither may hide the other.</summary>
    public bool IsReportedBy(PaymentEvent paymentEvent) => Type == paymentEvent.Type
        && ModificationRef == paymentEvent.ModificationRef
        && (Amount is null || paymentEvent.Amount is null || Amount.Currency == paymentEvent.Amount.Currency);
}

/// <summary>An event of a payment that is judged again whenever more is known of its order: what is held, and what can still turn out otherwise.</summary>
/// <param name="IsReadable">Whether all of its context could be read.</param>
/// <param name="Currency">Of its amount, where it has one.</param>
/// <param name="Judged">Its resolution so far; null in what was stored before it was kept.</param>
public sealed record WaitingEvent(
    PaymentEventId Id,
    PaymentEventType Type,
    string ModificationRef,
    bool FullAmount,
    DateTimeOffset OccurredAt,
    bool IsReadable = true,
    string? Currency = null,
    EventJudgement? Judged = null);

/// <summary>What a resolution says, apart from its movements.</summary>
public sealed record EventJudgement(ResolutionKind Kind, string Reason, string MissingFields);

/// <summary>The lines that a payment's events named, and which event named them.</summary>
public sealed record NamedLines(ImmutableArray<StockLine> Lines, DateTimeOffset OccurredAt, string EventId);

/// <summary>All that is known of one payment. A set of facts: the order in which they arrived leaves no trace.</summary>
public sealed record Payment(
    PaymentId Id,
    string? OrderRef,
    NamedLines? Named,
    ImmutableArray<PaymentFact> Facts,
    ImmutableArray<WaitingEvent> Waiting)
{
    /// <summary>A bound far above the 50 captures that providers allow; beyond it something is wrong with the source.</summary>
    public const int MaximumFacts = 500;

    /// <summary>
    /// The payment's currency: the authorization's, else the first capture's, else that of the first other fact which must have it.
    /// A function of the facts, so that it does not depend on which of two contradicting events came first.
    /// </summary>
    public string? Currency => Facts.Where(fact => fact.Amount is not null && HasPaymentsCurrency(fact.Type))
        .OrderBy(fact => fact.Type switch { PaymentEventType.AuthCreated => 0, PaymentEventType.CaptureSucceeded => 1, _ => 2 })
        .ThenBy(fact => fact.OccurredAt)
        .ThenBy(fact => fact.ModificationRef, StringComparer.Ordinal)
        .ThenBy(fact => fact.Amount!.Currency, StringComparer.Ordinal)
        .FirstOrDefault()?.Amount!.Currency;

    public static Payment New(PaymentId id) => new(id, null, null, [], []);

    /// <summary>Whether events of a type are in the payment's currency. Payouts and disputes can be in that of the merchant's bank.</summary>
    public static bool HasPaymentsCurrency(PaymentEventType type) => type is PaymentEventType.AuthCreated
        or PaymentEventType.AuthFailed
        or PaymentEventType.AuthVoided
        or PaymentEventType.CaptureSucceeded
        or PaymentEventType.CaptureFailed
        or PaymentEventType.RefundPosted
        or PaymentEventType.RefundFailed;

    /// <summary>The payment without the facts in another currency than its own: they do not count.</summary>
    public Payment InItsCurrency()
    {
        var currency = Currency;
        ImmutableArray<PaymentFact> counting =
            [.. Facts.Where(fact => fact.Amount is null || fact.Amount.Currency == currency || !HasPaymentsCurrency(fact.Type))];
        return counting.Length == Facts.Length
            ? this
            : this with
            {
                Facts = counting,
                Named = counting.Where(fact => IsForAll(fact.Type, fact.FullAmount) && !fact.Lines.IsEmpty)
                    .OrderByDescending(fact => fact.OccurredAt)
                    .ThenBy(fact => fact.Type)
                    .ThenBy(fact => fact.ModificationRef, StringComparer.Ordinal)
                    .Select(fact => new NamedLines(fact.Lines, fact.OccurredAt, fact.ModificationRef))
                    .FirstOrDefault(),
            };
    }

    /// <summary>Whether an event says nothing new. One that makes a part the whole or more, or that comes after the contrary, does.</summary>
    public bool IsRepeatedBy(PaymentEvent paymentEvent) => Facts.Any(known =>
        known.IsReportedBy(paymentEvent)
        && (known.FullAmount || !paymentEvent.FullAmount)
        && (paymentEvent.Amount is null || known.Amount?.MinorUnits >= paymentEvent.Amount.MinorUnits)
        && !Facts.Any(other =>
            other.Type == ContraryOf(paymentEvent.Type) && other.OccurredAt >= known.OccurredAt && other.OccurredAt < paymentEvent.OccurredAt));

    public bool Knows(PaymentEventType type) => Facts.Any(fact => fact.Type == type);

    /// <summary>
    /// The payment with an event's facts added. Where several events report one fact its latest time counts, so that a
    /// repeated capture outlives the failure between, and of several namings of the lines the latest by occurrence: both are
    /// the same in whatever order they arrive.
    /// </summary>
    public Payment With(PaymentEvent paymentEvent, long learnedAt)
    {
        var fact = new PaymentFact(
            paymentEvent.Type,
            paymentEvent.ModificationRef,
            paymentEvent.OccurredAt,
            paymentEvent.FullAmount,
            paymentEvent.Lines,
            learnedAt,
            paymentEvent.Amount)
        {
            PaymentMethod = paymentEvent.PaymentMethod,
        };
        var known = Facts.FirstOrDefault(each => each.IsReportedBy(paymentEvent));
        var facts = known is null
            ? Facts.Add(fact)
            : Facts.Replace(known, known with
            {
                OccurredAt = known.OccurredAt > fact.OccurredAt ? known.OccurredAt : fact.OccurredAt,
                FullAmount = known.FullAmount || fact.FullAmount,
                Lines = StockLines.Largest(known.Lines, fact.Lines),
                LearnedAt = IsRepeatedBy(paymentEvent) ? known.LearnedAt : fact.LearnedAt,
                Amount = known.Amount?.MinorUnits >= fact.Amount?.MinorUnits ? known.Amount : fact.Amount ?? known.Amount,
                PaymentMethod = string.CompareOrdinal(known.PaymentMethod, fact.PaymentMethod) >= 0 ? known.PaymentMethod : fact.PaymentMethod,
            });
        return this with { Facts = facts, OrderRef = OrderRef ?? paymentEvent.OrderRef, Named = LatestNaming(paymentEvent) };
    }

    private NamedLines? LatestNaming(PaymentEvent paymentEvent)
    {
        if (!IsForAll(paymentEvent.Type, paymentEvent.FullAmount) || paymentEvent.Lines.IsEmpty)
        {
            return Named;
        }

        var naming = new NamedLines(paymentEvent.Lines, paymentEvent.OccurredAt, paymentEvent.Id.EventId);
        return Named is null || (naming.OccurredAt, naming.EventId).CompareTo((Named.OccurredAt, Named.EventId)) > 0 ? naming : Named;
    }

    /// <summary>Only these say what the payment is for: a partial capture, a refund or a dispute names its own part of it.</summary>
    private static bool IsForAll(PaymentEventType type, bool isFull) =>
        type == PaymentEventType.AuthCreated || (type == PaymentEventType.CaptureSucceeded && isFull);

    private static PaymentEventType? ContraryOf(PaymentEventType type) => type switch
    {
        PaymentEventType.AuthCreated => PaymentEventType.AuthFailed,
        PaymentEventType.AuthFailed => PaymentEventType.AuthCreated,
        PaymentEventType.CaptureSucceeded => PaymentEventType.CaptureFailed,
        PaymentEventType.CaptureFailed => PaymentEventType.CaptureSucceeded,
        _ => null,
    };
}
