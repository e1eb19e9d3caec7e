using System.Collections.Immutable;

namespace StockAuthority.Core.Inventory;

/// <summary>Where a reservation is in its life. The numbers are stored; never reuse one.</summary>
public enum ReservationState : short
{
    Active = 1,
    Committed = 2,
    Fulfilled = 3,
    Released = 4,
    Expired = 5,
}

/// <summary>Who asked for a reservation. The numbers are stored; never reuse one.</summary>
public enum ReservationOrigin : short
{
    /// <summary>A caller of the API; what it names is what the order wants.</summary>
    Checkout = 1,

    /// <summary>A payment event that came before the order, or after the order's reservation had ended.</summary>
    PaymentEvent = 2,
}

/// <summary>One line of a reservation. <c>Quantity = Reserved + Committed + Fulfilled + Released</c>.</summary>
/// <param name="Withdrawn">
/// The part of the released units that the caller gave up for good. The rest of them was taken back by an expiry or a
/// payment's end, and a later payment of the same order may ask for it again.
/// </param>
/// <param name="Returned">The part of the fulfilled units that came back.</param>
public sealed record ReservationLine(
    StockKey Key,
    long Quantity,
    long Reserved,
    long Committed = 0,
    long Fulfilled = 0,
    long Withdrawn = 0,
    long Returned = 0)
{
    public long Released => Quantity - Reserved - Committed - Fulfilled;

    /// <summary>Units that the order still wants of this line, whether held at present or not.</summary>
    public long Wanted => Quantity - Withdrawn;
}

/// <summary>Units held for one order.</summary>
/// <param name="Number">Unique in its tenant: the journal sequence at which it began.</param>
/// <param name="ClosedAt">When it reached a final state.</param>
public sealed record Reservation(
    long Number,
    string OrderRef,
    string? PaymentObjectId,
    string? Channel,
    ReservationOrigin Origin,
    ReservationState State,
    ImmutableArray<ReservationLine> Lines,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpireAt,
    DateTimeOffset? ClosedAt = null)
{
    public bool IsFinal => State is ReservationState.Fulfilled or ReservationState.Released or ReservationState.Expired;

    public ReservationLine? Line(StockKey key) => Lines.FirstOrDefault(line => line.Key == key);

    /// <summary>The reservation with one line changed and its state derived anew.</summary>
    /// <param name="line">The line as it is now.</param>
    /// <param name="emptied">The state it gets when nothing is held, committed or handed over any more.</param>
    /// <param name="now">The time of the change.</param>
    public Reservation With(ReservationLine line, ReservationState emptied, DateTimeOffset now)
    {
        var lines = Lines.Replace(Line(line.Key)!, line);
        var state = lines.Any(each => each.Reserved > 0) ? ReservationState.Active
            : lines.Any(each => each.Committed > 0) ? ReservationState.Committed
            : lines.Any(each => each.Fulfilled > 0) ? ReservationState.Fulfilled
            : emptied;
        var final = state is ReservationState.Fulfilled or ReservationState.Released or ReservationState.Expired;
        return this with { Lines = lines, State = state, ClosedAt = final ? ClosedAt ?? now : null };
    }
}
