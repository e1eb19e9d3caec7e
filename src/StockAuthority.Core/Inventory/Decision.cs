using System.Collections.Immutable;
using StockAuthority.Core.Exceptions;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Inventory;

/// <summary>A movement that a decision asks for; it gets its sequence, version and hash when it is applied.</summary>
public sealed record MovementDraft(
    StockKey Key,
    StockState From,
    StockState To,
    long Quantity,
    StockOperation Operation,
    string? OrderRef = null,
    long? ReservationNumber = null,
    string? DocumentRef = null,
    AdjustmentReason Reason = AdjustmentReason.None,
    DateTimeOffset? OccurredAt = null);

/// <summary>What a command does: the outcome for its caller and every change that comes with it, all or none.</summary>
public sealed record Decision(StockOutcome Outcome)
{
    public ImmutableArray<MovementDraft> Movements { get; init; } = [];

    /// <summary>Reservations as they are after it.</summary>
    public ImmutableArray<Reservation> Reservations { get; init; } = [];

    /// <summary>Transfers as they are after it.</summary>
    public ImmutableArray<Transfer> Transfers { get; init; } = [];

    /// <summary>Payments as they are after it.</summary>
    public ImmutableArray<Payment> Payments { get; init; } = [];

    /// <summary>Returns as they are after it.</summary>
    public ImmutableArray<ReceivedReturn> Returns { get; init; } = [];

    /// <summary>Events that got a resolution, new ones and held ones.</summary>
    public ImmutableArray<EventResolution> EventResolutions { get; init; } = [];

    /// <summary>What has to be booked elsewhere; it never touches stock.</summary>
    public ImmutableArray<LedgerIntent> LedgerIntents { get; init; } = [];

    /// <summary>Set when the event was recorded before and this is a further delivery of it.</summary>
    public PaymentEventId? ExtraDelivery { get; init; }

    /// <summary>What is wrong now and was not before, or is worse.</summary>
    public ImmutableArray<RaisedException> Raised { get; init; } = [];

    /// <summary>What was wrong before and is not any more.</summary>
    public ImmutableArray<ExceptionCause> Mended { get; init; } = [];
}
