using System.Collections.Immutable;

namespace StockAuthority.Core.Payments;

/// <summary>What became of an event. The numbers are stored; never reuse one.</summary>
public enum ResolutionKind : short
{
    Action = 1,
    NoOp = 2,
    Held = 3,
}

/// <summary>One event's resolution.</summary>
/// <param name="MissingFields">What has to become known before a held event can be decided.</param>
/// <param name="Moves">Whether the movements of the decision are this event's.</param>
public sealed record EventResolution(
    PaymentEventId EventId,
    ResolutionKind Kind,
    string Reason,
    string? OrderRef,
    ImmutableArray<string> MissingFields,
    bool Moves)
{
    /// <summary>Where the order was before the decision; null where no order's stock was looked at.</summary>
    public OrderState? Before { get; init; }

    /// <summary>Where the order was after it.</summary>
    public OrderState? After { get; init; }
}

/// <summary>Where an order is.</summary>
/// <param name="Payment">What the event's payment means for the order's stock.</param>
/// <param name="Reserved">Units over all lines of all of its reservations.</param>
public sealed record OrderState(Standing Payment, long Reserved, long Committed, long Fulfilled);

/// <summary>Reason codes of resolutions. They are API: documented in docs/errors.md, never renamed.</summary>
public static class ResolutionReason
{
    // Actions.
    public const string Reserved = "RESERVED";
    public const string Committed = "COMMITTED";
    public const string Released = "RELEASED";
    public const string Returned = "RETURNED";

    // No-ops.
    public const string DuplicateDelivery = "DUPLICATE_DELIVERY";
    public const string SameFact = "SAME_FACT";
    public const string AlreadyThere = "ALREADY_THERE";
    public const string Stale = "STALE";
    public const string ReportingOnly = "REPORTING_ONLY";
    public const string UnknownEventType = "UNKNOWN_EVENT_TYPE";
    public const string OrderReleased = "ORDER_RELEASED";
    public const string ReservationExpired = "RESERVATION_EXPIRED";

    // Holds.
    public const string MissingContext = "MISSING_CONTEXT";
    public const string InvalidContext = "INVALID_CONTEXT";
    public const string UnknownLocation = "UNKNOWN_LOCATION";
    public const string LocationNotSellable = "LOCATION_NOT_SELLABLE";
    public const string UnreadablePayload = "UNREADABLE_PAYLOAD";
    public const string OrderDiffers = "ORDER_DIFFERS";
    public const string LinesDiffer = "LINES_DIFFER";
    public const string TooManyFacts = "TOO_MANY_FACTS";
    public const string AuthorizedNotAvailable = "AUTHORIZED_NOT_AVAILABLE";
    public const string PaidNotAvailable = "PAID_NOT_AVAILABLE";
    public const string PaidAfterRelease = "PAID_AFTER_RELEASE";
    public const string PartialCaptureWithoutLines = "PARTIAL_CAPTURE_WITHOUT_LINES";
    public const string CurrencyMismatch = "CURRENCY_MISMATCH";
    public const string CaptureReversed = "CAPTURE_REVERSED";
    public const string ReversedAfterFulfilment = "REVERSED_AFTER_FULFILMENT";
    public const string EndedAfterCommit = "ENDED_AFTER_COMMIT";
    public const string RefundReview = "REFUND_REVIEW";
    public const string MatrixReview = "MATRIX_REVIEW";
}
