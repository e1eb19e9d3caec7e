namespace StockAuthority.Intake.Dispatch;

/// <summary>Whether a row can be translated now.</summary>
internal abstract record CompletionOutcome
{
    private CompletionOutcome()
    {
    }

    /// <param name="Row">With all that its translation needs, stored.</param>
    public sealed record Complete(InboxRow Row) : CompletionOutcome;

    /// <summary>It has been put off.</summary>
    public sealed record Deferred(string Reason) : CompletionOutcome;
}
