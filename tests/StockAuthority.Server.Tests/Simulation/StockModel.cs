using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>One line of a reservation, counted. Quantity = reserved + committed + fulfilled + what went back.</summary>
internal sealed record ModelLine(long Quantity = 0, long Reserved = 0, long Committed = 0, long Fulfilled = 0, long Withdrawn = 0, long Returned = 0)
{
    public long Back => Quantity - Reserved - Committed - Fulfilled;
}

internal sealed record ModelReservation(string OrderRef, ImmutableSortedDictionary<string, ModelLine> Lines)
{
    public bool IsOpen => Lines.Values.Any(line => line.Reserved + line.Committed > 0);

    public ModelLine Line(StockKey key) => Lines.GetValueOrDefault(Name(key)) ?? new ModelLine();

    public ModelReservation With(StockKey key, ModelLine line) => this with { Lines = Lines.SetItem(Name(key), line) };

    private static string Name(StockKey key) => $"{key.Sku}@{key.LocationId}";
}

/// <param name="Coming">Units by SKU that are still on their way.</param>
internal sealed record ModelTransfer(string To, ImmutableSortedDictionary<string, long> Coming);

/// <summary>
/// The stock of one tenant after some command: nothing but counts, kept by adding up. It shares no code with what the ledger
/// decides by.
/// </summary>
/// <param name="Units">Units by key and state; what is owed is a negative number of shortfall.</param>
/// <param name="Versions">Movements at each key.</param>
internal sealed record StockModel(
    ImmutableDictionary<(StockKey Key, StockState State), long> Units,
    ImmutableDictionary<StockKey, (long Version, long Sequence)> Versions,
    ImmutableSortedDictionary<long, ModelReservation> Reservations,
    ImmutableDictionary<string, ModelTransfer> Transfers)
{
    private static readonly StockState[] OnHand = [StockState.Available, StockState.Reserved, StockState.Committed, StockState.Inspection, StockState.Damaged, StockState.Shortfall];

    public static StockModel Empty { get; } = new(
        ImmutableDictionary<(StockKey, StockState), long>.Empty,
        ImmutableDictionary<StockKey, (long, long)>.Empty,
        ImmutableSortedDictionary<long, ModelReservation>.Empty,
        ImmutableDictionary<string, ModelTransfer>.Empty);

    public long Count(StockKey key, StockState state) => Units.GetValueOrDefault((key, state));

    public long Available(StockKey key) => Count(key, StockState.Available);

    public long Owed(StockKey key) => -Count(key, StockState.Shortfall);

    public long OnHandAt(StockKey key) => OnHand.Sum(state => Count(key, state));

    public long Version(StockKey key) => Versions.GetValueOrDefault(key).Version;

    /// <summary>Units go from one state to another.</summary>
    /// <param name="isNew">Whether its reservation begins with this command.</param>
    public StockModel With(Movement movement, bool isNew)
    {
        var (key, from, to, quantity) = (movement.Key, movement.From, movement.To, movement.Quantity);
        var units = Add(Add(Units, from, -quantity), to, quantity);
        var moved = this with { Units = units, Versions = Versions.SetItem(key, (Version(key) + 1, movement.Sequence)) };
        return movement.ReservationNumber is { } number && from != StockState.Customer
            ? moved with { Reservations = Reservations.SetItem(number, With(Reservations.GetValueOrDefault(number), movement, isNew)) }
            : moved;

        ImmutableDictionary<(StockKey Key, StockState State), long> Add(ImmutableDictionary<(StockKey Key, StockState State), long> counts, StockState state, long by)
        {
            var count = counts.GetValueOrDefault((key, state)) + by;
            if (count < 0 && state < StockState.Shortfall)
            {
                throw new ViolationException($"Movement {movement.Sequence} leaves {count} units {state} of {key}");
            }

            if (count > 0 && state == StockState.Shortfall)
            {
                throw new ViolationException($"Movement {movement.Sequence} covers more of {key} than is owed");
            }

            return counts.SetItem((key, state), count);
        }
    }

    private static ModelReservation With(ModelReservation? reservation, Movement movement, bool isNew)
    {
        reservation ??= new ModelReservation(movement.OrderRef ?? "", ImmutableSortedDictionary<string, ModelLine>.Empty);
        var (line, quantity) = (reservation.Line(movement.Key), movement.Quantity);
        line = Change(Change(line, movement.From, -quantity), movement.To, quantity);
        line = isNew && movement.From == StockState.Available ? line with { Quantity = line.Quantity + quantity } : line;
        return line is { Reserved: >= 0, Committed: >= 0, Fulfilled: >= 0, Back: >= 0 }
            ? reservation.With(movement.Key, line)
            : throw new ViolationException($"Movement {movement.Sequence} leaves reservation {movement.ReservationNumber} with {line} of {movement.Key}");
    }

    private static ModelLine Change(ModelLine line, StockState state, long by) => state switch
    {
        StockState.Reserved => line with { Reserved = line.Reserved + by },
        StockState.Committed => line with { Committed = line.Committed + by },
        StockState.Customer => line with { Fulfilled = line.Fulfilled + by },
        _ => line,
    };
}
