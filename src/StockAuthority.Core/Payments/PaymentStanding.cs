using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>What a payment means for its order's stock, weakest first.</summary>
public enum Standing
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
    public static IEnumerable<PaymentFact> LiveCaptures(Payment payment) =>
        NotFailed(payment, PaymentEventType.CaptureSucceeded, PaymentEventType.CaptureFailed);

    /// <summary>A refund counts until it is known to have failed at that time or later.</summary>
    public static IEnumerable<PaymentFact> LiveRefunds(Payment payment) =>
        NotFailed(payment, PaymentEventType.RefundPosted, PaymentEventType.RefundFailed);

    /// <summary>Whether all money that was taken went back: one refund of everything, or several that add up to it.</summary>
    public static bool IsRefundedInFull(Payment payment)
    {
        ImmutableArray<PaymentFact> refunds = [.. LiveRefunds(payment)];
        ImmutableArray<PaymentFact> captures = [.. LiveCaptures(payment)];
        return refunds.Any(fact => fact.FullAmount)
            || (!refunds.IsEmpty && !captures.IsEmpty && captures.All(fact => fact.Amount is not null) && Sum(refunds) >= Sum(captures));
    }

    /// <summary>What was taken is known to have been lost again, by a capture of it that failed in the end.</summary>
    public static bool IsReversed(Payment payment, string modificationRef) =>
        payment.Facts.Any(fact => fact.Type == PaymentEventType.CaptureFailed && fact.ModificationRef == modificationRef)
        && payment.Facts.Any(fact => fact.Type == PaymentEventType.CaptureSucceeded && fact.ModificationRef == modificationRef)
        && LiveCaptures(payment).All(fact => fact.ModificationRef != modificationRef);

    /// <summary>
    /// The units that a committing payment has paid for: those that its partial captures named, each its own; null for all
    /// that it is for.
    /// </summary>
    /// <param name="registered">What checkout said that the order is for; null where it said nothing.</param>
    public static ImmutableArray<StockLine>? PaidLines(Payment payment, TriggerMatrix matrix, ImmutableArray<StockLine>? registered) =>
        IsPaidInPart(payment) && !(IsAuthorized(payment, matrix) && matrix.ActionFor(PaymentEventType.AuthCreated) == InventoryAction.Commit)
            ? TakenLines(payment, registered)
            : payment.Named?.Lines;

    /// <summary>Whether a partial capture did not say which units it took.</summary>
    public static bool HasUnnamedPart(Payment payment) => IsPaidInPart(payment) && Taken(payment).Any(each => each.Lines.IsEmpty);

    /// <summary>All lines that its events named.</summary>
    public static ImmutableArray<StockLine> NamedLines(Payment payment) => payment.Facts.Aggregate(
        StockLines.Largest(payment.Named?.Lines ?? [], IsPaidInPart(payment) ? TakenLines(payment, registered: null) : []),
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

    /// <summary>
    /// Whether what it held and has not paid for should go back: it holds nothing, and something that ends a payment is known of it.
    /// Even where that was not the last word: whether it was known before its contrary must not matter.
    /// </summary>
    public static bool HoldsNoMore(Payment payment, TriggerMatrix matrix) =>
        !IsHolding(payment, matrix) && payment.Facts.Any(fact => IsAnEnd(payment, fact, matrix));

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
        matrix.ActionFor(PaymentEventType.RefundPosted) == InventoryAction.Release && IsRefundedInFull(payment);

    /// <summary>When the facts that ended it became known; see <see cref="PaymentFact.LearnedAt"/>.</summary>
    public static long EndLearnedAt(Payment payment, TriggerMatrix matrix) => payment.Facts
        .Where(fact => IsAnEnd(payment, fact, matrix))
        .Select(fact => fact.LearnedAt)
        .DefaultIfEmpty(0)
        .Max();

    private static bool IsAnEnd(Payment payment, PaymentFact fact, TriggerMatrix matrix)
    {
        return fact.Type switch
        {
            PaymentEventType.AuthVoided or PaymentEventType.AuthFailed or PaymentEventType.RefundPosted => matrix.ActionFor(fact.Type) == InventoryAction.Release,
            PaymentEventType.CaptureFailed => matrix.ActionFor(fact.Type) == InventoryAction.Release || IsAlso(PaymentEventType.CaptureSucceeded),
            PaymentEventType.CaptureSucceeded => IsAlso(PaymentEventType.CaptureFailed),
            _ => false,
        };

        bool IsAlso(PaymentEventType type) => payment.Facts.Any(other => other.Type == type && other.ModificationRef == fact.ModificationRef);
    }

    private static IEnumerable<PaymentFact> NotFailed(Payment payment, PaymentEventType done, PaymentEventType failed)
    {
        // Once for all of them: a payment can have hundreds of facts.
        var failures = payment.Facts.Where(fact => fact.Type == failed)
            .GroupBy(fact => fact.ModificationRef, fact => fact.OccurredAt)
            .ToDictionary(each => each.Key, each => each.Max());
        return payment.Facts.Where(fact => fact.Type == done
            && !(failures.TryGetValue(fact.ModificationRef, out var failedAt) && failedAt >= fact.OccurredAt));
    }

    private static bool IsAuthorized(Payment payment, TriggerMatrix matrix) =>
        payment.Knows(PaymentEventType.AuthCreated) && !IsEnded(payment, matrix);

    /// <summary>
    /// Voided; or declined or not captured in the end, where the matrix releases on that. A declined attempt can be followed by a
    /// good one of the same payment: the later by occurrence counts.
    /// </summary>
    private static bool IsEnded(Payment payment, TriggerMatrix matrix)
    {
        if (payment.Knows(PaymentEventType.AuthVoided) && matrix.ActionFor(PaymentEventType.AuthVoided) == InventoryAction.Release)
        {
            return true;
        }

        ImmutableArray<string> taken = [.. LiveCaptures(payment).Select(fact => fact.ModificationRef)];
        return payment.Facts
            .Where(fact => fact.Type == PaymentEventType.AuthCreated || (matrix.ActionFor(fact.Type) == InventoryAction.Release
                && (fact.Type == PaymentEventType.AuthFailed || (fact.Type == PaymentEventType.CaptureFailed && !taken.Contains(fact.ModificationRef)))))
            .OrderBy(fact => fact.OccurredAt)
            .ThenBy(fact => fact.Type switch { PaymentEventType.AuthFailed => 0, PaymentEventType.AuthCreated => 1, _ => 2 })
            .LastOrDefault() is { Type: not PaymentEventType.AuthCreated };
    }

    private static bool IsPaidInPart(Payment payment) =>
        Taken(payment) is { IsEmpty: false } taken && taken.All(each => !each.FullAmount) && !AddUp(payment, taken);

    /// <summary>
    /// Whether these parts are the whole together. Only an authorization says what the whole is: the largest that said so, since a
    /// provider repeats it with what is left.
    /// </summary>
    private static bool AddUp(Payment payment, ImmutableArray<PaymentFact> taken) =>
        payment.Facts.Where(fact => fact is { Type: PaymentEventType.AuthCreated, FullAmount: true, Amount.MinorUnits: > 0 })
            .MaxBy(fact => fact.Amount!.MinorUnits)?.Amount is { } whole
        && Sum(taken.Where(fact => fact.Amount?.Currency == whole.Currency)) >= whole.MinorUnits;

    private static long Sum(IEnumerable<PaymentFact> facts) => facts.Sum(fact => fact.Amount?.MinorUnits ?? 0);

    /// <summary>
    /// Each part's lines together. A provider may repeat the lines of the whole order with each part: they say what the payment is
    /// for and not what this part is, and must not be counted once for each.
    /// </summary>
    private static ImmutableArray<StockLine> TakenLines(Payment payment, ImmutableArray<StockLine>? registered)
    {
        var whole = StockLines.Sum(registered ?? payment.Named?.Lines ?? []);
        var taken = Taken(payment);
        return !whole.IsEmpty && taken.All(fact => StockLines.Sum(fact.Lines).SequenceEqual(whole)) ? whole : StockLines.Sum(taken.SelectMany(fact => fact.Lines));
    }

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
