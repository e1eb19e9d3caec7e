using System.Collections.Immutable;

namespace StockAuthority.Core.Inventory;

/// <summary>
/// Collects the changes of one decision, each step seeing the earlier ones', without touching the state that it began from.
/// </summary>
internal sealed class DecisionBuilder(TenantState state, DateTimeOffset now)
{
    private readonly Dictionary<StockKey, StockLevel> _levels = [];
    private readonly Dictionary<long, Reservation> _reservations = [];
    private readonly ImmutableArray<MovementDraft>.Builder _movements = ImmutableArray.CreateBuilder<MovementDraft>();

    public TenantState State { get; } = state;

    public DateTimeOffset Now { get; } = now;

    public bool HasMovements => _movements.Count > 0;

    /// <summary>The number of a reservation whose first movement comes next.</summary>
    public long NextNumber => State.LastSequence + _movements.Count + 1;

    public StockLevel Level(StockKey key) => _levels.GetValueOrDefault(key) ?? State.Level(key);

    public Reservation? Reservation(long number) => _reservations.GetValueOrDefault(number) ?? State.Reservation(number);

    public ImmutableArray<Reservation> ReservationsOfOrder(string orderRef) =>
    [
        .. State.ReservationsOfOrder(orderRef).Select(reservation => _reservations.GetValueOrDefault(reservation.Number) ?? reservation)
            .Concat(_reservations.Values.Where(reservation => reservation.OrderRef == orderRef && State.Reservation(reservation.Number) is null))
            .OrderBy(reservation => reservation.Number),
    ];

    public void Put(Reservation reservation) => _reservations[reservation.Number] = reservation;

    public void Move(MovementDraft draft)
    {
        _levels[draft.Key] = Level(draft.Key).Move(draft.From, draft.To, draft.Quantity, 0);
        _movements.Add(draft);
    }

    /// <summary>Units become available, but what is owed is covered first: a unit that is owed cannot be promised again.</summary>
    public void MoveToAvailable(MovementDraft draft)
    {
        var covers = Math.Min(draft.Quantity, Level(draft.Key).Shortfall);
        if (covers > 0)
        {
            Move(draft with { To = StockState.Shortfall, Quantity = covers });
        }

        if (draft.Quantity > covers)
        {
            Move(draft with { To = StockState.Available, Quantity = draft.Quantity - covers });
        }
    }

    /// <summary>Available units are gone, and nobody asked: what they do not suffice for is owed.</summary>
    public void TakeAsFact(MovementDraft draft)
    {
        var fromAvailable = Math.Min(draft.Quantity, Level(draft.Key).Available);
        if (fromAvailable > 0)
        {
            Move(draft with { From = StockState.Available, Quantity = fromAvailable });
        }

        if (draft.Quantity > fromAvailable)
        {
            Move(draft with { From = StockState.Shortfall, Quantity = draft.Quantity - fromAvailable });
        }
    }

    public Decision Build(StockOutcome outcome) => new(outcome)
    {
        Movements = _movements.ToImmutable(),
        Reservations = [.. _reservations.Values],
    };
}
