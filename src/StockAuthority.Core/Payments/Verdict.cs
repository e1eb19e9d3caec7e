using System.Collections.Immutable;

namespace StockAuthority.Core.Payments;

/// <summary>What bringing an order to where its payments want it came to.</summary>
/// <param name="Action">What it is about; decides which event it is the resolution of.</param>
internal sealed record Verdict(ResolutionKind Kind, InventoryAction Action, string Reason, ImmutableArray<string> MissingFields)
{
    public static Verdict Acted(InventoryAction action, string reason) => new(ResolutionKind.Action, action, reason, []);

    public static Verdict Nothing(InventoryAction action, string reason) => new(ResolutionKind.NoOp, action, reason, []);

    public static Verdict Held(InventoryAction action, string reason, params ImmutableArray<string> missingFields) =>
        new(ResolutionKind.Held, action, reason, missingFields);

    /// <summary>
    /// Whether it can be held by an event that asks for another action, so that it is not silent where those that asked
    /// for its own have their resolutions. After an order's end that is as it should be: the end was someone's decision.
    /// </summary>
    public bool Concerns(InventoryAction action) =>
        Kind == ResolutionKind.Held
        && Reason is not (ResolutionReason.PaidAfterRelease or ResolutionReason.EndedAfterCommit)
        && action is InventoryAction.Reserve or InventoryAction.Commit;
}
