using StockAuthority.Core.Inventory;

namespace StockAuthority.Cli.Verification;

/// <summary>
/// A level as its movements make it, next to what reservations hold of it. Unchecked sums: an edited quantity may be
/// anything, and has to be reported, not thrown.
/// </summary>
internal sealed class LevelSum
{
    private long _available;
    private long _reserved;
    private long _committed;
    private long _inspection;
    private long _damaged;
    private long _inTransit;
    private long _shortfall;
    private long _outside;

    /// <summary>Weighted: what was moved for reservations less what they hold.</summary>
    private Int128 _unexplained;

    public long Available => _available;

    public long Reserved => _reserved;

    public long Committed => _committed;

    public long Version { get; private set; }

    public long Sequence { get; private set; }

    public long HeldReserved { get; private set; }

    public long HeldCommitted { get; private set; }

    /// <summary>Whether its row was compared.</summary>
    public bool IsSeen { get; set; }

    /// <summary>Whether one of its movements was reported: those after it would only repeat that.</summary>
    public bool IsReported { get; set; }

    public bool IsNegative => (_available | _reserved | _committed | _inspection | _damaged | _inTransit) < 0 || _shortfall > 0;

    /// <summary>Whether each reservation holds what movements moved for it.</summary>
    public bool IsHeld => _reserved == HeldReserved && _committed == HeldCommitted && _unexplained == 0;

    /// <summary>Begins where a checkpoint left it.</summary>
    public void Begin(StockLevel level)
    {
        (_available, _reserved, _committed) = (level.Available, level.Reserved, level.Committed);
        (_inspection, _damaged, _inTransit, _shortfall) = (level.Inspection, level.Damaged, level.InTransit, unchecked(-level.Shortfall));
        (Version, Sequence) = (level.Version, level.Sequence);
    }

    /// <summary>What a reservation held at the checkpoint; the level's sums have it already.</summary>
    public void Begin(CheckpointReservation held) =>
        _unexplained = unchecked(_unexplained + Weight(held.Number, held.Reserved, held.Committed));

    public void Take(Movement movement)
    {
        unchecked
        {
            Of(movement.From) -= movement.Quantity;
            Of(movement.To) += movement.Quantity;
            if (movement.ReservationNumber is { } reservation)
            {
                _unexplained += Weight(reservation, Change(movement, StockState.Reserved), Change(movement, StockState.Committed));
            }
        }

        Version++;
        Sequence = movement.Sequence;
    }

    public void Hold(long reservation, long reserved, long committed)
    {
        unchecked
        {
            HeldReserved += reserved;
            HeldCommitted += committed;
            _unexplained -= Weight(reservation, reserved, committed);
        }
    }

    public void Hold(long reservation, Movement movement) => Hold(
        reservation,
        Change(movement, StockState.Reserved),
        Change(movement, StockState.Committed));

    public StockLevel Level(StockKey key) => new(
        key, _available, _reserved, _committed, _inspection, _damaged, _inTransit, unchecked(-_shortfall), Version, Sequence);

    private static Int128 Weight(long reservation, long reserved, long committed) => unchecked(
        ReservationWeight.Of(reservation, StockState.Reserved, reserved) + ReservationWeight.Of(reservation, StockState.Committed, committed));

    private static long Change(Movement movement, StockState state) =>
        movement.To == state ? movement.Quantity : movement.From == state ? unchecked(-movement.Quantity) : 0;

    private ref long Of(StockState state)
    {
        switch (state)
        {
            case StockState.Available:
                return ref _available;
            case StockState.Reserved:
                return ref _reserved;
            case StockState.Committed:
                return ref _committed;
            case StockState.Inspection:
                return ref _inspection;
            case StockState.Damaged:
                return ref _damaged;
            case StockState.InTransit:
                return ref _inTransit;
            case StockState.Shortfall:
                return ref _shortfall;
            default:
                return ref _outside;
        }
    }
}
