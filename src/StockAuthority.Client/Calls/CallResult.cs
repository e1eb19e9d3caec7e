using StockAuthority.Inventory.V1;

namespace StockAuthority.Client.Calls;

/// <summary>What came of a call and its retries.</summary>
internal abstract record CallResult<TResponse>
{
    private CallResult()
    {
    }

    internal sealed record Answered(TResponse Response, bool IsReplay) : CallResult<TResponse>;

    /// <summary>The authority's definite no, with the status that it came in.</summary>
    internal sealed record Refused(Refusal Refusal, Google.Rpc.Status? Status) : CallResult<TResponse>
    {
        /// <summary>The lines that lacked units.</summary>
        public IReadOnlyList<StockShortage> Shortages => Status?.GetDetail<StockShortages>()?.Shortages ?? [];

        public string Metadata(string name) => Refusal.Metadata.GetValueOrDefault(name, "");
    }

    internal sealed record Lost(Unanswered Unanswered) : CallResult<TResponse>;
}
