using StockAuthority.Client.Calls;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Client;

/// <summary>What came of a Fulfill. These are all the cases; switch over them.</summary>
public abstract record FulfillOutcome
{
    private FulfillOutcome()
    {
    }

    /// <summary>All lines are handed over.</summary>
    /// <param name="Reservation">The reservation, as it was right after.</param>
    /// <param name="Levels">The levels that changed, as they were right after.</param>
    /// <param name="Sequence">Journal sequence of the last movement.</param>
    /// <param name="IsReplay">Whether an earlier attempt had done it.</param>
    public sealed record Fulfilled(Reservation Reservation, IReadOnlyList<StockLevel> Levels, long Sequence, bool IsReplay) : FulfillOutcome;

    /// <summary>The reservation is over, for example expired, and nothing was done.</summary>
    /// <param name="State">Released, expired or fulfilled.</param>
    public sealed record ReservationFinal(ReservationState State) : FulfillOutcome;

    /// <summary>The reservation has fewer units to take from, and nothing was done.</summary>
    /// <param name="Lines">Every such line: asked for, and what there is.</param>
    public sealed record ExceedsReservation(IReadOnlyList<StockShortage> Lines) : FulfillOutcome;

    /// <summary>There is no such reservation.</summary>
    public sealed record ReservationNotFound : FulfillOutcome;

    /// <summary>The key belongs to another request, and nothing was done. A defect of the caller: a key names one intention.</summary>
    public sealed record KeyReused : FulfillOutcome;

    /// <summary>Any other definite no: bad input, a missing right, an unknown tenant. Nothing was done, and repeating it does not help.</summary>
    /// <param name="Why">The reason.</param>
    public sealed record Refused(Refusal Why) : FulfillOutcome;

    /// <summary>The budget is spent, and it is not known whether it was done. Send the same request again later, with the same key.</summary>
    /// <param name="Why">What the last attempt said.</param>
    public sealed record Unknown(Unanswered Why) : FulfillOutcome;

    internal static FulfillOutcome Of(CallResult<FulfillResponse> result) => result switch
    {
        CallResult<FulfillResponse>.Answered answered => new Fulfilled(answered.Response.Reservation, answered.Response.Levels, answered.Response.Sequence, answered.IsReplay),
        CallResult<FulfillResponse>.Refused refused => Of(refused),
        CallResult<FulfillResponse>.Lost lost => new Unknown(lost.Unanswered),
        _ => throw new InvalidOperationException($"No outcome for {result.GetType().Name}."),
    };

    private static FulfillOutcome Of(CallResult<FulfillResponse>.Refused refused) => refused.Refusal.Reason switch
    {
        "RESERVATION_FINAL" => new ReservationFinal(ReservationStates.Parse(refused.Metadata("state"))),
        "QUANTITY_EXCEEDS_RESERVATION" => new ExceedsReservation(refused.Shortages),
        "RESERVATION_NOT_FOUND" => new ReservationNotFound(),
        "IDEMPOTENCY_KEY_REUSED" => new KeyReused(),
        _ => new Refused(refused.Refusal),
    };
}
