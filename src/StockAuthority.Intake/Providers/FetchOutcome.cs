using StockAuthority.Intake.Inbox;

namespace StockAuthority.Intake.Providers;

/// <summary>What came of asking a provider's API for what an event only names.</summary>
internal abstract record FetchOutcome
{
    private FetchOutcome()
    {
    }

    /// <param name="Document">All that the translation needs, as it will be stored.</param>
    /// <param name="EventId">The id under which the same event is in the provider's list, where that is another.</param>
    public sealed record Fetched(byte[] Document, string? EventId = null) : FetchOutcome;

    /// <summary>A part of the report that the event announces: each line becomes a row of its own.</summary>
    /// <param name="Next">What <see cref="Dispatch.InboxRow.ReportCursor"/> is for the part after it; null after the last.</param>
    public sealed record Part(IReadOnlyList<PulledEvent> Lines, string? Next) : FetchOutcome;

    /// <param name="Reason">For the log and the record: never a body and never a secret.</param>
    public sealed record Failed(string Reason) : FetchOutcome;
}
