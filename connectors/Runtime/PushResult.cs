namespace StockAuthority.Connectors.Runtime;

/// <summary>What a channel made of one push.</summary>
public abstract record PushResult
{
    private PushResult()
    {
    }

    /// <summary>The channel has taken every level.</summary>
    /// <param name="Differing">Levels whose value, as the channel reads it back, is not the pushed one.</param>
    public sealed record Confirmed(IReadOnlyList<StockKey> Differing) : PushResult;

    /// <summary>Repeating this push cannot succeed; none of its levels was taken.</summary>
    /// <param name="Refusal">What the channel said.</param>
    /// <param name="Suspects">Positions in the push that the channel named; empty where it named none.</param>
    public sealed record Refused(Refusal Refusal, IReadOnlyList<int> Suspects) : PushResult;

    /// <summary>The channel works and asks for fewer calls.</summary>
    public sealed record Throttled(TimeSpan? RetryAfter) : PushResult;

    /// <summary>The fault is not in the levels: the same push can succeed later. Whether it was taken is unknown.</summary>
    public sealed record Unavailable(string Reason, TimeSpan? RetryAfter) : PushResult;
}
