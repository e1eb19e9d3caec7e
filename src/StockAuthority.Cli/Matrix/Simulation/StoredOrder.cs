using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Cli.Matrix.Simulation;

/// <summary>What is stored of one order, or of payments whose order is not known.</summary>
/// <param name="OrderRef">Null where no event of these payments has one.</param>
/// <param name="Events">In the order of their arrival; cut after one more than <see cref="StoredHistory.MaximumEvents"/>.</param>
/// <param name="Returns">Those that calls reported under the documents of its return events.</param>
/// <param name="Locations">The tenant's, and whether units there can be reserved.</param>
internal sealed record StoredOrder(
    string TenantId,
    string? OrderRef,
    IReadOnlyList<StoredEvent> Events,
    IReadOnlyList<Reservation> Reservations,
    IReadOnlyList<ReceivedReturn> Returns,
    IReadOnlyDictionary<string, bool> Locations)
{
    public bool IsTooLarge => Events.Count > StoredHistory.MaximumEvents || Reservations.Count > StoredHistory.MaximumReservations;
}

/// <summary>One payment event with its recorded resolution, the last that it got.</summary>
/// <param name="FirstSequence">Of the movements of that resolution; 0 where it has none.</param>
internal sealed record StoredEvent(
    long Number,
    PaymentEvent Event,
    ResolutionKind Kind,
    string Reason,
    string MatrixVersion,
    DateTimeOffset ReceivedAt,
    long FirstSequence,
    long LastSequence);
