namespace StockAuthority.Connectors.Runtime;

/// <summary>What a channel made of one push.</summary>
public abstract record PushResult
{
    private PushResult()
    {
    }

    /// <summary>How long the channel asks to be left alone; null where it does not.</summary>
    public TimeSpan? AskedPause => this switch
    {
        Throttled throttled => throttled.RetryAfter,
        Unavailable unavailable => unavailable.RetryAfter,
        _ => null,
    };

    /// <summary>The channel has taken every level.</summary>
    /// <param name="Differing">Levels whose value, as the channel reads it back, is not the pushed one.</param>
    public sealed record Confirmed(IReadOnlyList<StockKey> Differing) : PushResult;

    /// <summary>Repeating this push cannot succeed; none of its levels was taken.</summary>
    /// <param name="Refusal">What the channel said.</param>
    /// <param name="Suspects">Positions in the push that the channel named; empty where it named none.</param>
    public sealed record Refused(Refusal Refusal, IReadOnlyList<int> Suspects) : PushResult;

    /// <summary>The channel works and asks for fewer calls.</summary>
    public sealed record Throttled(TimeSpan? RetryAfter) : PushResult;

    /// <summary>The fault is not in the levels, as far as is known: the same push can succeed later. Whether it was taken is unknown.</summary>
    /// <param name="Reason">A short code.</param>
    /// <param name="RetryAfter">How long the channel asks to be left alone.</param>
    /// <param name="Lasting">The channel's answer where repeating alone does not help, such as a revoked token or a 4xx that nobody can sort; nothing was taken.</param>
    public sealed record Unavailable(string Reason, TimeSpan? RetryAfter, Refusal? Lasting = null) : PushResult
    {
        /// <summary>The caller is not let in, so it is about no level.</summary>
        public bool IsCaller => Lasting is { Status: 401 or 403 };
    }
}
