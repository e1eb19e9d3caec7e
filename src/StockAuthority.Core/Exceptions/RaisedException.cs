using System.Collections.Immutable;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Exceptions;

/// <summary>A cause that a decision found. A case is opened for it in the decision's transaction, or the open one is brought up to date.</summary>
/// <param name="Reason">The reason code.</param>
/// <param name="OwnerLane">Who has to see to it.</param>
/// <param name="Path">Where the trigger matrix sends it.</param>
public sealed record RaisedException(ExceptionCause Cause, string Reason, string OwnerLane, string Path)
{
    /// <summary>Whether the cause was not there before the decision.</summary>
    public bool IsNew { get; init; } = true;

    public string? OrderRef { get; init; }

    public PaymentId? Payment { get; init; }

    /// <summary>The event that it is about.</summary>
    public PaymentEventId? Event { get; init; }

    public string? DisputeId { get; init; }

    /// <summary>Where it is about one level.</summary>
    public StockKey? StockKey { get; init; }

    /// <summary>What has to become known before the event can be decided.</summary>
    public ImmutableArray<string> MissingFields { get; init; } = [];

    /// <summary>Whose units may be those that are gone.</summary>
    public ImmutableArray<long> ReservationsAtRisk { get; init; } = [];
}
