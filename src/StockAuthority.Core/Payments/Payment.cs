using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>One thing that is known to have happened to a payment, however many events reported it.</summary>
/// <param name="LearnedAt">The end of the journal when the first event told it: reservations with a higher number came later.</param>
public sealed record PaymentFact(
    PaymentEventType Type,
    string ModificationRef,
    DateTimeOffset OccurredAt,
    bool FullAmount,
    ImmutableArray<StockLine> Lines,
    long LearnedAt)
{
    /// <summary>How it is paid, where that is known.</summary>
    public string? PaymentMethod { get; init; }

    public bool IsReportedBy(PaymentEvent paymentEvent) => Type == paymentEvent.Type && ModificationRef == paymentEvent.ModificationRef;
}

/// <summary>An event of a payment that waits for its order or its lines to become known.</summary>
/// <param name="IsReadable">Whether all of its context could be read.</param>
public sealed record WaitingEvent(
    PaymentEventId Id,
    PaymentEventType Type,
    string ModificationRef,
    bool FullAmount,
    DateTimeOffset OccurredAt,
    bool IsReadable = true);

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

    public static Payment New(PaymentId id) => new(id, null, null, [], []);

    /// <summary>Whether an event says nothing new. One that makes a part the whole, or that comes after the contrary, does.</summary>
    public bool IsRepeatedBy(PaymentEvent paymentEvent) => Facts.Any(known =>
        known.IsReportedBy(paymentEvent)
        && (known.FullAmount || !paymentEvent.FullAmount)
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
            learnedAt)
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
                PaymentMethod = string.CompareOrdinal(known.PaymentMethod, fact.PaymentMethod) >= 0 ? known.PaymentMethod : fact.PaymentMethod,
            });
        return this with { Facts = facts, OrderRef = OrderRef ?? paymentEvent.OrderRef, Named = LatestNaming(paymentEvent) };
    }

    private NamedLines? LatestNaming(PaymentEvent paymentEvent)
    {
        // Only these say what the payment is for: a partial capture, a refund or a dispute names its own part of it.
        var isForAll = paymentEvent is { Type: PaymentEventType.AuthCreated } or { Type: PaymentEventType.CaptureSucceeded, FullAmount: true };
        if (!isForAll || paymentEvent.Lines.IsEmpty)
        {
            return Named;
        }

        var naming = new NamedLines(paymentEvent.Lines, paymentEvent.OccurredAt, paymentEvent.Id.EventId);
        return Named is null || (naming.OccurredAt, naming.EventId).CompareTo((Named.OccurredAt, Named.EventId)) > 0 ? naming : Named;
    }

    private static PaymentEventType? ContraryOf(PaymentEventType type) => type switch
    {
        PaymentEventType.AuthCreated => PaymentEventType.AuthFailed,
        PaymentEventType.AuthFailed => PaymentEventType.AuthCreated,
        PaymentEventType.CaptureSucceeded => PaymentEventType.CaptureFailed,
        PaymentEventType.CaptureFailed => PaymentEventType.CaptureSucceeded,
        _ => null,
    };
}
