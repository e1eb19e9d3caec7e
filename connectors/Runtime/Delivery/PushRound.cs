namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>What is left of a batch after a round, and how long the channel should be left alone.</summary>
internal sealed record PushRound(IReadOnlyList<PendingLevel> Unsettled, TimeSpan Pause)
{
    public static readonly PushRound Done = new([], TimeSpan.Zero);
}
