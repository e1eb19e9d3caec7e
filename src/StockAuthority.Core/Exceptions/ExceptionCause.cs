using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Exceptions;

/// <summary>One thing that is wrong. However often it is found, one case is open for it.</summary>
/// <param name="Key">Unique in its tenant, and stored: the same cause always has the same one.</param>
public sealed record ExceptionCause(ExceptionKind Kind, string Key)
{
    /// <summary>No name can have it.</summary>
    private const char Separator = '\u001f';

    /// <summary>What all payments of an order come to together.</summary>
    public static ExceptionCause OfOrder(string reason, string orderRef) => new(KindOf(reason), Join("order", reason, orderRef));

    /// <summary>What is known of one payment.</summary>
    /// <param name="part">Where each of several changes of the payment is a cause by itself.</param>
    public static ExceptionCause OfPayment(string reason, PaymentId payment, string part = "") =>
        new(KindOf(reason), Join("payment", reason, payment.Provider, payment.Account, payment.ObjectId, part));

    /// <summary>One event by itself.</summary>
    public static ExceptionCause OfEvent(string reason, PaymentEventId id) => new(KindOf(reason), Join("event", reason, id.Provider, id.Account, id.EventId));

    /// <summary>A dispute, whatever becomes of it.</summary>
    public static ExceptionCause OfDispute(PaymentId payment, string disputeRef) =>
        new(ExceptionKind.Chargeback, Join("dispute", payment.Provider, payment.Account, payment.ObjectId, disputeRef));

    public static ExceptionCause OfShortfall(StockKey key) => new(ExceptionKind.Shortfall, Join("shortfall", key.Sku, key.LocationId));

    /// <summary>What whoever runs a channel reports.</summary>
    public static ExceptionCause OfReport(ExceptionKind kind, string channel, string sku, string locationId, string reference) =>
        new(kind, Join("report", kind.ToString(), channel, sku, locationId, reference));

    /// <summary>Which kind of case a held event's reason makes.</summary>
    private static ExceptionKind KindOf(string reason) => reason switch
    {
        ResolutionReason.MissingContext or ResolutionReason.InvalidContext => ExceptionKind.MissingContext,
        ResolutionReason.UnknownLocation or ResolutionReason.LocationNotSellable => ExceptionKind.UnknownLocation,
        ResolutionReason.PaidNotAvailable => ExceptionKind.PaidNotAvailable,
        ResolutionReason.AuthorizedNotAvailable => ExceptionKind.AuthorizedNotAvailable,
        ResolutionReason.PaidAfterRelease => ExceptionKind.PaidAfterRelease,
        ResolutionReason.PartialCaptureWithoutLines => ExceptionKind.PartialCaptureWithoutLines,
        ResolutionReason.CaptureReversed => ExceptionKind.CaptureReversed,
        ResolutionReason.ReversedAfterFulfilment => ExceptionKind.ReversalAfterFulfilment,
        ResolutionReason.EndedAfterCommit => ExceptionKind.StaleReversal,
        ResolutionReason.RefundReview => ExceptionKind.RefundReview,
        ResolutionReason.OrderDiffers or ResolutionReason.LinesDiffer or ResolutionReason.CurrencyMismatch => ExceptionKind.Contradiction,
        ResolutionReason.UnreadablePayload or ResolutionReason.TooManyFacts => ExceptionKind.UnreadableEvent,
        ResolutionReason.MatrixReview => ExceptionKind.MatrixReview,
        _ => throw new InvalidOperationException($"No case is opened for {reason}."),
    };

    private static string Join(params ReadOnlySpan<string?> parts) => string.Join(Separator, parts);
}
