using StockAuthority.Client.Calls;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Client;

/// <summary>What came of a Reserve. These are all the cases; switch over them.</summary>
public abstract record ReserveOutcome
{
    private ReserveOutcome()
    {
    }

    /// <summary>All lines are held.</summary>
    /// <param name="Reservation">The reservation, as it was right after.</param>
    /// <param name="Levels">The levels that changed, as they were right after.</param>
    /// <param name="Sequence">Journal sequence of the last movement.</param>
    /// <param name="IsReplay">Whether an earlier attempt had done it.</param>
    public sealed record Reserved(Reservation Reservation, IReadOnlyList<StockLevel> Levels, long Sequence, bool IsReplay) : ReserveOutcome;

    /// <summary>There is less than was asked for, and nothing was held. Offer what is available, under a new key.</summary>
    /// <param name="Lines">Every line that lacks units: asked for, and available.</param>
    public sealed record InsufficientStock(IReadOnlyList<StockShortage> Lines) : ReserveOutcome;

    /// <summary>A payment event already reserved other lines for this order. Look at that reservation before going on.</summary>
    /// <param name="ReservationId">What holds for the order.</param>
    public sealed record OrderAlreadyReserved(string ReservationId) : ReserveOutcome;

    /// <summary>The key belongs to another request, and nothing was done. A defect of the caller: a key names one intention.</summary>
    public sealed record KeyReused : ReserveOutcome;

    /// <summary>Any other definite no: bad input, a missing right, an unknown tenant. Nothing was done, and repeating it does not help.</summary>
    /// <param name="Why">The reason.</param>
    public sealed record Refused(Refusal Why) : ReserveOutcome;

    /// <summary>The budget is spent, and it is not known whether it was done. Send the same request again later, with the same key.</summary>
    /// <param name="Why">What the last attempt said.</param>
    public sealed record Unknown(Unanswered Why) : ReserveOutcome;

    internal static ReserveOutcome Of(CallResult<ReserveResponse> result) => result switch
    {
        CallResult<ReserveResponse>.Answered answered => new Reserved(answered.Response.Reservation, answered.Response.Levels, answered.Response.Sequence, answered.IsReplay),
        CallResult<ReserveResponse>.Refused refused => Of(refused),
        CallResult<ReserveResponse>.Lost lost => new Unknown(lost.Unanswered),
        _ => throw new InvalidOperationException($"No outcome for {result.GetType().Name}."),
    };

    private static ReserveOutcome Of(CallResult<ReserveResponse>.Refused refused) => refused.Refusal.Reason switch
    {
        "INSUFFICIENT_STOCK" => new InsufficientStock(refused.Shortages),
        "ORDER_ALREADY_RESERVED" => new OrderAlreadyReserved(refused.Metadata("reservation_id")),
        "IDEMPOTENCY_KEY_REUSED" => new KeyReused(),
        _ => new Refused(refused.Refusal),
    };
}
