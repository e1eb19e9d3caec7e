namespace StockAuthority.Intake.Providers;

/// <summary>What came of asking a provider's API for what an event only names.</summary>
internal abstract record FetchOutcome
{
    private FetchOutcome()
    {
    }

    /// <param name="Document">All that the translation needs, as it will be stored.</param>
    public sealed record Fetched(byte[] Document) : FetchOutcome;

    /// <param name="Reason">For the log and the record: never a body and never a secret.</param>
    public sealed record Failed(string Reason) : FetchOutcome;
}
