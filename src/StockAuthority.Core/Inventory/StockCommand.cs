using System.Collections.Immutable;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Inventory;

/// <summary>A request to change stock. Everything that changes stock is one of these, and all go through the ledger.</summary>
public abstract record StockCommand
{
    private StockCommand()
    {
    }

    /// <summary>
    /// Hold all lines or none, until <c>ExpireAt</c> if there is one, else so long from now, else as long as the tenant's policy
    /// says. Lines are distinct by key.
    /// </summary>
    public sealed record Reserve(
        string OrderRef,
        string? PaymentObjectId,
        string? Channel,
        ImmutableArray<StockLine> Lines,
        TimeSpan? TimeToLive,
        DateTimeOffset? ExpireAt = null) : StockCommand;

    /// <summary>Hold what is still reserved until a later time: <c>ExpireAt</c> if there is one, else so long from now.</summary>
    public sealed record Extend(long ReservationNumber, TimeSpan? TimeToLive, DateTimeOffset? ExpireAt = null) : StockCommand;

    /// <summary>Allocate reserved units to a paid order, all lines or none; units that have expired are reserved again where possible.</summary>
    public sealed record Commit(long ReservationNumber, ImmutableArray<StockLine> Lines) : StockCommand;

    /// <summary>Give units back, reserved ones first and then committed ones, all lines or none.</summary>
    public sealed record Release(long ReservationNumber, ImmutableArray<StockLine> Lines) : StockCommand;

    /// <summary>Committed units were handed to the customer, all lines or none.</summary>
    public sealed record Fulfill(long ReservationNumber, ImmutableArray<StockLine> Lines) : StockCommand;

    /// <summary>Signed changes of what is available.</summary>
    /// <param name="OccurredAt">When it happened, where that is known; recorded, and nothing depends on it. So for the other facts.</param>
    public sealed record Adjust(string DocumentRef, AdjustmentReason Reason, ImmutableArray<StockLine> Lines, DateTimeOffset? OccurredAt = null) : StockCommand;

    /// <summary>A count: what is on hand, as of a version of each level. All lines or none; they are distinct by key.</summary>
    public sealed record SetLevels(string DocumentRef, ImmutableArray<CountedLine> Lines, DateTimeOffset? OccurredAt = null) : StockCommand;

    /// <summary>Goods came back from a customer. Lines are distinct by key.</summary>
    /// <param name="ReservationNumber">Under which they had been handed over, where that is known.</param>
    public sealed record ReceiveReturn(
        string OrderRef,
        string DocumentRef,
        ImmutableArray<StockLine> Lines,
        long? ReservationNumber,
        DateTimeOffset? OccurredAt = null) : StockCommand;

    /// <summary>Returned units were inspected, all lines or none. Lines are distinct by key and disposition.</summary>
    public sealed record InspectReturn(string DocumentRef, string? OrderRef, ImmutableArray<InspectedLine> Lines) : StockCommand;

    /// <summary>Available units left one location for another, all lines or none. Lines are distinct by SKU, the locations differ.</summary>
    public sealed record DispatchTransfer(
        string TransferId,
        string FromLocationId,
        string ToLocationId,
        ImmutableArray<TransferLine> Lines) : StockCommand;

    /// <summary>Units of a transfer arrived or are lost, all lines or none. Lines are distinct by SKU.</summary>
    public sealed record ReceiveTransfer(string TransferId, string LocationId, ImmutableArray<ArrivedLine> Lines) : StockCommand;

    /// <summary>A reservation's time may have run out; does nothing where it has not.</summary>
    public sealed record Expire(long ReservationNumber) : StockCommand;

    /// <summary>What the held events of an order wait for may be there, or of a payment whose order is not known: judges them again. Does nothing where it is not.</summary>
    public sealed record Reconsider(string? OrderRef, PaymentId? Payment = null) : StockCommand;

    /// <summary>Something happened to a payment.</summary>
    /// <param name="ReceivedAt">When somebody took it from the provider before it came here; nothing is decided by it.</param>
    public sealed record ApplyPaymentEvent(PaymentEvent Event, DateTimeOffset? ReceivedAt = null) : StockCommand;
}
