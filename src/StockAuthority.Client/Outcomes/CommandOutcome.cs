using StockAuthority.Client.Calls;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Client;

/// <summary>What came of one command of a stream. These are all the cases; switch over them.</summary>
/// <param name="Key">The command's key.</param>
public abstract record CommandOutcome(IdempotencyKey Key)
{
    /// <summary>It is done.</summary>
    /// <param name="Key">The command's key.</param>
    /// <param name="Answer">The response that its own call would give, or its brief form.</param>
    /// <param name="IsReplay">Whether an earlier attempt had done it.</param>
    public sealed record Done(IdempotencyKey Key, ExecuteOutcome Answer, bool IsReplay) : CommandOutcome(Key);

    /// <summary>A definite no: nothing was done, and repeating it does not help.</summary>
    /// <param name="Key">The command's key.</param>
    /// <param name="Why">The reason.</param>
    /// <param name="Shortages">The lines that lacked units, where that is the reason.</param>
    public sealed record Refused(IdempotencyKey Key, Refusal Why, IReadOnlyList<StockShortage> Shortages) : CommandOutcome(Key)
    {
        internal static Refused Of(IdempotencyKey key, CallResult<ExecuteOutcome>.Refused result) => new(key, result.Refusal, result.Shortages);
    }

    /// <summary>It is not known whether it was done. Send the same command again later, with the same key.</summary>
    /// <param name="Key">The command's key.</param>
    /// <param name="Why">What the last attempt said.</param>
    public sealed record Unknown(IdempotencyKey Key, Unanswered Why) : CommandOutcome(Key);
}
