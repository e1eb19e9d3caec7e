using System.Collections.Immutable;

namespace StockAuthority.Core.Payments;

/// <summary>What is booked for a payment. The numbers are stored, and are the contract's; never reuse one.</summary>
public enum LedgerAction : short
{
    None = 0,
    AuthorizedExposure = 1,
    ExposureReleased = 2,
    CaptureExpected = 3,
    CaptureReversed = 4,
    FundsAvailable = 5,
    Refund = 6,
    RefundReversed = 7,
    Dispute = 8,
    DisputeWon = 9,
    DisputeLost = 10,
}

/// <summary>The names that the trigger matrix has for them.</summary>
public static class LedgerActions
{
    public static readonly ImmutableSortedDictionary<string, LedgerAction> ByName = new Dictionary<string, LedgerAction>
    {
        ["none"] = LedgerAction.None,
        ["exposure"] = LedgerAction.AuthorizedExposure,
        ["release-exposure"] = LedgerAction.ExposureReleased,
        ["receivable"] = LedgerAction.CaptureExpected,
        ["reverse-receivable"] = LedgerAction.CaptureReversed,
        ["settle-receivable"] = LedgerAction.FundsAvailable,
        ["refund"] = LedgerAction.Refund,
        ["reverse-refund"] = LedgerAction.RefundReversed,
        ["hold-receivable"] = LedgerAction.Dispute,
        ["release-receivable"] = LedgerAction.DisputeWon,
        ["write-off-receivable"] = LedgerAction.DisputeLost,
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);
}

/// <summary>One thing to be booked.</summary>
/// <param name="EventId">The event whose decision it is part of.</param>
/// <param name="Amount">Null where no event said one.</param>
public sealed record LedgerIntent(
    LedgerAction Action,
    PaymentId PaymentId,
    string ModificationRef,
    string? OrderRef,
    PaymentEventId EventId,
    Money? Amount,
    DateTimeOffset OccurredAt);
