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
    /// The units that a committing payment has paid for: those that its partial captures named, each its own; null for all
    /// that it is for.
    /// </summary>
    public static ImmutableArray<StockLine>? PaidLines(Payment payment, TriggerMatrix matrix) =>
        IsPaidInPart(payment) && !(IsAuthorized(payment, matrix) && matrix.ActionFor(PaymentEventType.AuthCreated) == InventoryAction.Commit)
            ? TakenLines(payment)
            : payment.Named?.Lines;

    /// <summary>Whether a partial capture did not say which units it took.</summary>
    public static bool HasUnnamedPart(Payment payment) => IsPaidInPart(payment) && Taken(payment).Any(each => each.Lines.IsEmpty);

    /// <summary>All lines that its events named.</summary>
    public static ImmutableArray<StockLine> NamedLines(Payment payment) => payment.Facts.Aggregate(
        StockLines.Largest(payment.Named?.Lines ?? [], IsPaidInPart(payment) ? TakenLines(payment) : []),
        (lines, fact) => StockLines.Largest(lines, fact.Lines));

    /// <summary>
    /// Whether it should hold units: authorized, or captured in part and the rest still authorized. While no one has said
    /// what a part was, all of it stays held: what has been paid for must not be sold meanwhile.
    /// </summary>
    public static bool IsHolding(Payment payment, TriggerMatrix matrix) => Of(payment, matrix) switch
    {
        Standing.Holding => true,
        Standing.Committing when IsPaidInPart(payment) =>
            HasUnnamedPart(payment)
            || matrix.ActionFor(PaymentEventType.CaptureSucceeded) == InventoryAction.Reserve
            || (IsAuthorized(payment, matrix) && matrix.ActionFor(PaymentEventType.AuthCreated) == InventoryAction.Reserve),
        _ => false,
    };

    /// <summary>Whether what it held and has not paid for should go back.</summary>
    public static bool HoldsNoMore(Payment payment, TriggerMatrix matrix) =>
        !IsHolding(payment, matrix) && (IsEnded(payment, matrix) || IsRefundedToRelease(payment, matrix));

    /// <summary>When what it holds was last asked for.</summary>
    public static DateTimeOffset HeldSince(Payment payment, TriggerMatrix matrix) => payment.Facts
        .Where(fact => matrix.ActionFor(fact.Type) is InventoryAction.Reserve or InventoryAction.Commit)
        .Max(fact => fact.OccurredAt);

    /// <summary>
    /// Until when what it holds is held: an uncaptured authorization for the window of its payment method, captured money until
    /// it is settled. Null where the matrix says nothing.
    /// </summary>
    public static DateTimeOffset? HeldUntil(Payment payment, TriggerMatrix matrix)
    {
        if (LiveCaptures(payment).ToImmutableArray() is { IsEmpty: false } captures && matrix.ActionFor(PaymentEventType.CaptureSucceeded) == InventoryAction.Reserve)
        {
            return captures.Max(fact => fact.OccurredAt) + TriggerMatrix.LongestWindow;
        }

        return payment.Facts.Where(fact => fact.Type == PaymentEventType.AuthCreated)
            .Select(fact => matrix.WindowFor(fact.PaymentMethod) is { } window ? fact.OccurredAt + window : (DateTimeOffset?)null)
            .Max();
    }

    /// <summary>The matrix wants units of fully refunded orders back on sale unless they were handed over.</summary>
    public static bool IsRefundedToRelease(Payment payment, TriggerMatrix matrix) =>
        matrix.ActionFor(PaymentEventType.RefundPosted) == InventoryAction.Release
        && payment.Facts.Any(fact => fact is { Type: PaymentEventType.RefundPosted, FullAmount: true });

    /// <summary>When the facts that ended it became known; see <see cref="PaymentFact.LearnedAt"/>.</summary>
    public static long EndLearnedAt(Payment payment, TriggerMatrix matrix) => payment.Facts
        .Where(fact => fact.Type is PaymentEventType.AuthVoided or PaymentEventType.AuthFailed
            || (fact.Type == PaymentEventType.RefundPosted && IsRefundedToRelease(payment, matrix)))
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

    private static bool IsPaidInPart(Payment payment) => Taken(payment) is { IsEmpty: false } taken && taken.All(each => !each.FullAmount);

    private static ImmutableArray<StockLine> TakenLines(Payment payment) => StockLines.Sum(Taken(payment).SelectMany(each => each.Lines));

    /// <summary>The facts that say what money was taken: captures, and while none is known, settlements.</summary>
    private static ImmutableArray<PaymentFact> Taken(Payment payment) => LiveCaptures(payment).ToImmutableArray() is { IsEmpty: false } captures
        ? captures
        : [.. payment.Facts.Where(fact => fact.Type == PaymentEventType.SettlementConfirmed)];

    private static Standing Stronger(Standing standing, InventoryAction action) => action switch
    {
        InventoryAction.Commit => Standing.Committing,
        InventoryAction.Reserve when standing < Standing.Holding => Standing.Holding,
        _ => standing,
    };
}
