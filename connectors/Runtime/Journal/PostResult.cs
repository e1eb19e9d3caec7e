namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>What a channel made of some entries.</summary>
public abstract record PostResult
{
    private PostResult()
    {
    }

    /// <summary>All of them are booked.</summary>
    /// <param name="Documents">By origin.</param>
    public sealed record Posted(IReadOnlyDictionary<string, PostedDocument> Documents) : PostResult;

    /// <summary>Repeating this cannot succeed; none of them was booked.</summary>
    /// <param name="Refusal">Why.</param>
    /// <param name="Sent">What was asked for, in the channel's own words, where that is known.</param>
    public sealed record Refused(Refusal Refusal, string? Sent = null) : PostResult;

    /// <summary>The fault is not in the entries, as far as is known. Whether they were booked is not known either.</summary>
    /// <param name="IsAnswer">The channel answered, in words that nobody can sort: after some attempts it is a refusal.</param>
    public sealed record Unavailable(string Reason, TimeSpan? RetryAfter = null, bool IsAnswer = false) : PostResult;
}
