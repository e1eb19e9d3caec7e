namespace StockAuthority.Core.Payments;

/// <summary>An event that gets its resolution now, the first or another one.</summary>
/// <param name="IsSameFact">Another event reported the same fact before.</param>
/// <param name="IsStale">Something later is already known of its payment.</param>
internal sealed record Candidate(Payment Payment, WaitingEvent Event, bool IsSameFact, bool IsStale);
