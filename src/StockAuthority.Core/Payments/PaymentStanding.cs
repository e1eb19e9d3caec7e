using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>What a payment means for its order's stock, weakest first.</summary>
internal enum Standing
{
    /// <summary>Nothing is known that concerns stock.</summary>
    Unknown,

    /// <summary>It held units and does not any more: voided, or failed.</summary>
    Ended,

    /// <summary>Authorized: the order's units should be held.</summary>
    Holding,

    /// <summary>Captured: the order's units should be committed.</summary>
    Committing,
}

/// <summary>Reads a payment's standing from its facts under the trigger matrix.</summary>
internal static class PaymentStanding
{
    public static Standing Of(Payment payment, TriggerMatrix matrix)
    {
        if (IsRefundedToRelease(payment, matrix))
        {
            return Standing.Ended;
        }

        var standing = IsEnded(payment, matrix) ? Standing.Ended : Standing.Unknown;
        if (IsAuthorized(payment, matrix))
        {
            standing = Stronger(standing, matrix.ActionFor(PaymentEventType.AuthCreated));
        }

        if (LiveCaptures(payment).Any())
        {
            standing = Stronger(standing, matrix.ActionFor(PaymentEventType.CaptureSucceeded));
        }

        if (payment.Knows(PaymentEventType.SettlementConfirmed))
        {
            standing = Stronger(standing, matrix.ActionFor(PaymentEventType.SettlementConfirmed));
        }

        return standing;
    }

    /// <summary>A capture counts until the same capture is known to have failed at that time or later.</summary>
    public static IEnumerable<PaymentFact> LiveCaptures(Payment payment) => payment.Facts.Where(fact =>
        fact.Type == PaymentEventType.CaptureSucceeded
        && !payment.Facts.Any(failure =>
            failure.Type == PaymentEventType.CaptureFailed
            && failure.ModificationRef == fact.ModificationRef
            && failure.OccurredAt >= fact.OccurredAt));

    /// <summary>
    /// The units that a committing payment has paid for: all that it is for, or those that its partial captures named.
    /// </summary>
    /// <returns>The lines, null for all of the order's, and whether a partial capture did not say which units it took.</returns>
    public static (ImmutableArray<StockLine>? Lines, bool HasUnnamedPart) PaidLines(Payment payment)
    {
        var captures = LiveCaptures(payment).ToImmutableArray();
        if (captures.IsEmpty || captures.Any(capture => capture.FullAmount))
        {
            return (payment.Named?.Lines, false);
        }

        return (
            captures.Aggregate(ImmutableArray<StockLine>.Empty, (lines, capture) => StockLines.Largest(lines, capture.Lines)),
            captures.Any(capture => capture.Lines.IsEmpty));
    }

    /// <summary>The matrix wants units of fully refunded orders back on sale unless they were handed over.</summary>
    public static bool IsRefundedToRelease(Payment payment, TriggerMatrix matrix) =>
        matrix.ActionFor(PaymentEventType.RefundPosted) == InventoryAction.Release
        && payment.Facts.Any(fact => fact is { Type: PaymentEventType.RefundPosted, FullAmount: true });

    /// <summary>When the facts that ended it became known; see <see cref="PaymentFact.LearnedAt"/>.</summary>
    public static long EndLearnedAt(Payment payment) => payment.Facts
        .Where(fact => fact.Type is PaymentEventType.AuthVoided or PaymentEventType.AuthFailed or PaymentEventType.RefundPosted)
        .Select(fact => fact.LearnedAt)
        .DefaultIfEmpty(0)
        .Max();

    private static bool IsAuthorized(Payment payment, TriggerMatrix matrix) =>
        payment.Knows(PaymentEventType.AuthCreated) && !IsEnded(payment, matrix);

    private static bool IsEnded(Payment payment, TriggerMatrix matrix)
    {
        if (payment.Knows(PaymentEventType.AuthVoided) && matrix.ActionFor(PaymentEventType.AuthVoided) == InventoryAction.Release)
        {
            return true;
        }

        // A declined attempt can be followed by a good one of the same payment: the later by occurrence counts.
        return matrix.ActionFor(PaymentEventType.AuthFailed) == InventoryAction.Release
            && payment.Facts.Where(fact => fact.Type is PaymentEventType.AuthCreated or PaymentEventType.AuthFailed)
                .OrderBy(fact => fact.OccurredAt)
                .ThenBy(fact => fact.Type == PaymentEventType.AuthCreated ? 1 : 0)
                .LastOrDefault() is { Type: PaymentEventType.AuthFailed };
    }

    private static Standing Stronger(Standing standing, InventoryAction action) => action switch
    {
        InventoryAction.Commit => Standing.Committing,
        InventoryAction.Reserve when standing < Standing.Holding => Standing.Holding,
        _ => standing,
    };
}
