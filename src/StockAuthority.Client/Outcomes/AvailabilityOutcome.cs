using StockAuthority.Client.Calls;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Client;

/// <summary>What came of a GetAvailability. These are all the cases; switch over them.</summary>
public abstract record AvailabilityOutcome
{
    private AvailabilityOutcome()
    {
    }

    /// <summary>The levels.</summary>
    /// <param name="Availabilities">One for each key, in the order of the keys; all zero where there is no stock.</param>
    public sealed record Found(IReadOnlyList<Availability> Availabilities) : AvailabilityOutcome;

    /// <summary>A definite no: bad input, a missing right. Repeating it does not help.</summary>
    /// <param name="Why">The reason.</param>
    public sealed record Refused(Refusal Why) : AvailabilityOutcome;

    /// <summary>The budget is spent without an answer. Show what is known, or that it is not known; ask again later.</summary>
    /// <param name="Why">What the last attempt said.</param>
    public sealed record Unknown(Unanswered Why) : AvailabilityOutcome;

    internal static AvailabilityOutcome Of(CallResult<GetAvailabilityResponse> result) => result switch
    {
        CallResult<GetAvailabilityResponse>.Answered answered => new Found(answered.Response.Availabilities),
        CallResult<GetAvailabilityResponse>.Refused refused => new Refused(refused.Refusal),
        CallResult<GetAvailabilityResponse>.Lost lost => new Unknown(lost.Unanswered),
        _ => throw new InvalidOperationException($"No outcome for {result.GetType().Name}."),
    };
}
