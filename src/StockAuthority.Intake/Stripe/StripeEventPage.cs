using StockAuthority.Intake.Inbox;

namespace StockAuthority.Intake.Stripe;

/// <summary>Which events are asked for: created at <paramref name="From"/> or later, and before <paramref name="To"/>.</summary>
internal sealed record StripeEventFilter(DateTimeOffset From, DateTimeOffset To, bool UndeliveredOnly = false);

/// <summary>A page of the list of events.</summary>
internal abstract record StripeEventPage
{
    private StripeEventPage()
    {
    }

    /// <param name="Next">What the next page begins after; null on the last one.</param>
    public sealed record Listed(IReadOnlyList<PulledEvent> Events, string? Next) : StripeEventPage;

    public sealed record Refused(string Reason) : StripeEventPage;
}
