namespace StockAuthority.Intake.Dispatch;

/// <summary>What the authority made of an event.</summary>
internal abstract record DispatchOutcome
{
    private DispatchOutcome()
    {
    }

    /// <summary>It has its one resolution.</summary>
    public sealed record Resolved(string Resolution, string Reason) : DispatchOutcome;

    /// <summary>The same request can never succeed.</summary>
    public sealed record Refused(string Reason) : DispatchOutcome;

    /// <summary>Whether it was applied is not known; the same key asks again later.</summary>
    public sealed record Deferred(string Reason) : DispatchOutcome;
}
