using System.Collections.Immutable;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Inventory;

/// <summary>What became of a command.</summary>
public abstract record StockOutcome
{
    private StockOutcome()
    {
    }

    /// <summary>Whether the outcome is stored under the idempotency key, and so given again to a retry.</summary>
    public virtual bool IsRecorded => true;

    /// <summary>Done.</summary>
    /// <param name="Reservation">As it is now, where the command is about one.</param>
    /// <param name="ReReserved">Whether units were reserved again that had expired.</param>
    /// <param name="Transfer">As it is now, where the command is about one.</param>
    public sealed record Applied(Reservation? Reservation, bool ReReserved = false, Transfer? Transfer = null) : StockOutcome
    {
        /// <summary>Reservations that have units where less is left now than is promised.</summary>
        public ImmutableArray<long> ReservationsAtRisk { get; init; } = [];
    }

    /// <summary>The event has its resolution.</summary>
    public sealed record Resolved(EventResolution Resolution) : StockOutcome;

    /// <summary>A reservation was looked at because its time may have run out. Not recorded: the reservation itself says whether it expired.</summary>
    public sealed record Swept(bool Expired) : StockOutcome
    {
        public override bool IsRecorded => false;
    }

    /// <summary>Judged and declined: nothing moved.</summary>
    public sealed record Refused(Refusal Refusal) : StockOutcome;

    /// <summary>It asks for something that cannot be. Not recorded: the request is wrong, not the stock.</summary>
    public sealed record Invalid(InvalidReference Reference) : StockOutcome
    {
        public override bool IsRecorded => false;
    }
}

/// <summary>A line that could not be had.</summary>
public readonly record struct Shortage(StockKey Key, long Requested, long Available);

/// <summary>A level that is not at the version that the caller knows.</summary>
public readonly record struct VersionConflict(StockKey Key, long Expected, long Current);

/// <summary>Why a command was declined.</summary>
public abstract record Refusal
{
    private Refusal()
    {
    }

    public sealed record InsufficientStock(ImmutableArray<Shortage> Shortages) : Refusal;

    /// <summary>Units at these locations are not promised to anybody.</summary>
    public sealed record LocationNotSellable(ImmutableArray<StockKey> Keys) : Refusal;

    public sealed record ReservationFinal(long ReservationNumber, ReservationState State) : Refusal;

    /// <summary>Nothing is held any more that could expire.</summary>
    public sealed record ReservationNotActive(long ReservationNumber, ReservationState State) : Refusal;

    /// <summary>It has expired, and another reservation of its order stands in for it.</summary>
    public sealed record ReservationSuperseded(long ReservationNumber, long ByNumber) : Refusal;

    /// <summary>The units are held for longer than was asked for.</summary>
    public sealed record ExpiresLater(long ReservationNumber, DateTimeOffset ExpireAt) : Refusal;

    /// <summary>More than the reservation has in the state that the command takes from.</summary>
    public sealed record QuantityExceedsReservation(long ReservationNumber, ImmutableArray<Shortage> Lines, string From) : Refusal;

    /// <summary>A payment event already reserved other lines for this order.</summary>
    public sealed record OrderAlreadyReserved(string OrderRef, long ReservationNumber) : Refusal;

    /// <summary>The level already had movements.</summary>
    public sealed record AlreadyOpened(ImmutableArray<StockKey> Keys) : Refusal;

    /// <summary>The level has no movement yet, and does not begin with one like this.</summary>
    public sealed record NotOpened(ImmutableArray<StockKey> Keys) : Refusal;

    /// <summary>The levels have moved since they were counted.</summary>
    public sealed record VersionMismatch(ImmutableArray<VersionConflict> Conflicts) : Refusal;

    /// <summary>An event reported a return under this document with other lines.</summary>
    public sealed record ReturnDiffers(string OrderRef, string DocumentRef) : Refusal;

    /// <summary>The reservation is for another order than the command names.</summary>
    public sealed record OrderDiffers(long ReservationNumber, string OrderRef) : Refusal;

    /// <summary>More than waits for inspection.</summary>
    public sealed record QuantityExceedsInspection(ImmutableArray<Shortage> Lines) : Refusal;

    /// <summary>There is a transfer of that name already.</summary>
    public sealed record TransferAlreadyDispatched(string TransferId) : Refusal;

    /// <summary>More than is on its way to that location with the transfer.</summary>
    public sealed record QuantityExceedsTransfer(string TransferId, ImmutableArray<Shortage> Lines) : Refusal;

    /// <summary>A balance would leave the range of whole units that every client can represent.</summary>
    public sealed record LevelOutOfRange(ImmutableArray<StockKey> Keys) : Refusal;
}

/// <summary>What does not exist, or cannot be at this time.</summary>
public abstract record InvalidReference
{
    private InvalidReference()
    {
    }

    public sealed record UnknownTenant : InvalidReference;

    public sealed record UnknownLocations(ImmutableArray<string> LocationIds) : InvalidReference;

    /// <summary>A fact that is said to happen in the future.</summary>
    public sealed record OccursInFuture : InvalidReference;

    public sealed record UnknownReservation(long ReservationNumber) : InvalidReference;

    public sealed record UnknownTransfer(string TransferId) : InvalidReference;

    /// <summary>Until a time that is not after now, or for longer than the tenant's policy allows.</summary>
    /// <param name="IsTimeToLive">It was asked for as a time to live, not as a time.</param>
    /// <param name="Longest">What the policy allows.</param>
    public sealed record HoldTimeOutOfRange(bool IsTimeToLive, TimeSpan Longest) : InvalidReference;
}
