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

    /// <summary>Whether reservations hold what movements moved for them.</summary>
    public bool IsHeld => _reserved == HeldReserved && _committed == HeldCommitted;

    public void Take(Movement movement)
    {
        unchecked
        {
            Of(movement.From) -= movement.Quantity;
            Of(movement.To) += movement.Quantity;
        }

        Version++;
        Sequence = movement.Sequence;
    }

    public void Hold(long reserved, long committed)
    {
        unchecked
        {
            HeldReserved += reserved;
            HeldCommitted += committed;
        }
    }

    public void Hold(Movement movement) => Hold(
        Change(movement, StockState.Reserved),
        Change(movement, StockState.Committed));

    public StockLevel Level(StockKey key) => new(
        key, _available, _reserved, _committed, _inspection, _damaged, _inTransit, unchecked(-_shortfall), Version, Sequence);

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
