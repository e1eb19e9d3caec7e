using StockAuthority.Client.Calls;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Client;

/// <summary>What came of an Adjust. These are all the cases; switch over them.</summary>
public abstract record AdjustOutcome
{
    private AdjustOutcome()
    {
    }

    /// <summary>The levels are changed.</summary>
    /// <param name="Levels">The levels that changed, as they were right after.</param>
    /// <param name="Sequence">Journal sequence of the last movement.</param>
    /// <param name="IsReplay">Whether an earlier attempt had done it.</param>
    public sealed record Adjusted(IReadOnlyList<StockLevel> Levels, long Sequence, bool IsReplay) : AdjustOutcome;

    /// <summary>A correction would take units that are promised; nothing was done.</summary>
    /// <param name="Lines">Every line that lacks units: asked for, and available.</param>
    public sealed record InsufficientStock(IReadOnlyList<StockShortage> Lines) : AdjustOutcome;

    /// <summary>An opening balance for a level that has movements already; nothing was done.</summary>
    public sealed record AlreadyOpened : AdjustOutcome;

    /// <summary>The key belongs to another request, and nothing was done. A defect of the caller: a key names one intention.</summary>
    public sealed record KeyReused : AdjustOutcome;

    /// <summary>Any other definite no: bad input, a missing right, an unknown tenant. Nothing was done, and repeating it does not help.</summary>
    /// <param name="Why">The reason.</param>
    public sealed record Refused(Refusal Why) : AdjustOutcome;

    /// <summary>The budget is spent, and it is not known whether it was done. Send the same request again later, with the same key.</summary>
    /// <param name="Why">What the last attempt said.</param>
    public sealed record Unknown(Unanswered Why) : AdjustOutcome;

    internal static AdjustOutcome Of(CallResult<AdjustResponse> result) => result switch
    {
        CallResult<AdjustResponse>.Answered answered => new Adjusted(answered.Response.Levels, answered.Response.Sequence, answered.IsReplay),
        CallResult<AdjustResponse>.Refused refused => Of(refused),
        CallResult<AdjustResponse>.Lost lost => new Unknown(lost.Unanswered),
        _ => throw new InvalidOperationException($"No outcome for {result.GetType().Name}."),
    };

    private static AdjustOutcome Of(CallResult<AdjustResponse>.Refused refused) => refused.Refusal.Reason switch
    {
        "INSUFFICIENT_STOCK" => new InsufficientStock(refused.Shortages),
        "LEVEL_ALREADY_OPENED" => new AlreadyOpened(),
        "IDEMPOTENCY_KEY_REUSED" => new KeyReused(),
        _ => new Refused(refused.Refusal),
    };
}
