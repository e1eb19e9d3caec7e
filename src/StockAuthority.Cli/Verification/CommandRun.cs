using StockAuthority.Core.Inventory;

namespace StockAuthority.Cli.Verification;

/// <summary>
/// The movements in a row with one idempotency key. They must be one command's: of one order or document, at one time, and
/// none twice, since a command moves each line of each reservation at most once from one state to another.
/// </summary>
internal sealed class CommandRun
{
    private readonly HashSet<(StockKey Key, StockState From, StockState To, long? Reservation)> _moves = [];
    private Movement? _first;
    private bool _isReported;

    public string? Key => _first?.IdempotencyKey;

    public long FirstSequence => _first?.Sequence ?? 0;

    /// <summary>Reservations that began in it. Several only where payments ask for more: others need to look whether there are any.</summary>
    public int Begun { get; private set; }

    public void Begin(Movement movement)
    {
        if (_moves.Count > 0)
        {
            _moves.Clear();
        }

        _first = movement;
        _isReported = false;
        Begun = Begins(movement) ? 1 : 0;
    }

    /// <summary>Takes the next movement of the same key; answers what is wrong with it, the first time.</summary>
    public string? Continue(Movement movement)
    {
        if (_moves.Count == 0)
        {
            _moves.Add(Move(_first!));
        }

        Begun += Begins(movement) ? 1 : 0;
        var isRepeated = !_moves.Add(Move(movement));
        if (_isReported)
        {
            return null;
        }

        var problem = isRepeated ? "the same movement again"
            : movement.OrderRef != _first!.OrderRef ? $"order {movement.OrderRef ?? "(none)"} after order {_first.OrderRef ?? "(none)"}"
            : movement.DocumentRef != _first.DocumentRef ? $"document {movement.DocumentRef ?? "(none)"} after document {_first.DocumentRef ?? "(none)"}"
            : (movement.Operation == StockOperation.Expire) != (_first.Operation == StockOperation.Expire) ? $"{movement.Operation} after {_first.Operation}"
            : movement.RecordedAt != _first.RecordedAt ? "a later time"
            : null;
        _isReported = problem is not null;
        return problem;
    }

    private static bool Begins(Movement movement) =>
        movement.Operation == StockOperation.Reserve && movement.ReservationNumber == movement.Sequence;

    private static (StockKey Key, StockState From, StockState To, long? Reservation) Move(Movement movement) =>
        (movement.Key, movement.From, movement.To, movement.ReservationNumber);
}
