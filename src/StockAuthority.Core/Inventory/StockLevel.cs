namespace StockAuthority.Core.Inventory;

/// <summary>The units at one key, by state. Every balance equals the sum of its movements.</summary>
/// <param name="Key">The SKU and location.</param>
/// <param name="Version">Counts the movements at this key.</param>
/// <param name="Sequence">Journal sequence of the latest movement at this key.</param>
public sealed record StockLevel(
    StockKey Key,
    long Available = 0,
    long Reserved = 0,
    long Committed = 0,
    long Inspection = 0,
    long Damaged = 0,
    long InTransit = 0,
    long Shortfall = 0,
    long Version = 0,
    long Sequence = 0)
{
    public long OnHand => Available + Reserved + Committed + Inspection + Damaged - Shortfall;

    /// <summary>The level after a quantity went from one state to another.</summary>
    /// <exception cref="InvalidOperationException">A balance would become negative: the decision that asked for it is wrong.</exception>
    public StockLevel Move(StockState from, StockState to, long quantity, long sequence)
    {
        if (quantity <= 0 || from == to)
        {
            throw new InvalidOperationException($"A movement of {quantity} from {from} to {to} is none.");
        }

        return Add(from, -quantity).Add(to, quantity) with { Version = Version + 1, Sequence = sequence };
    }

    private StockLevel Add(StockState state, long quantity) => state switch
    {
        StockState.Available => this with { Available = NonNegative(Available + quantity, state) },
        StockState.Reserved => this with { Reserved = NonNegative(Reserved + quantity, state) },
        StockState.Committed => this with { Committed = NonNegative(Committed + quantity, state) },
        StockState.Inspection => this with { Inspection = NonNegative(Inspection + quantity, state) },
        StockState.Damaged => this with { Damaged = NonNegative(Damaged + quantity, state) },
        StockState.InTransit => this with { InTransit = NonNegative(InTransit + quantity, state) },
        StockState.Shortfall => this with { Shortfall = NonNegative(Shortfall - quantity, state) },
        StockState.Supply or StockState.Customer or StockState.WrittenOff or StockState.OtherLocation => this,
        _ => throw new InvalidOperationException($"{state} is no stock state."),
    };

    private long NonNegative(long balance, StockState state) => balance >= 0
        ? balance
        : throw new InvalidOperationException($"{state} of {Key.Sku} at {Key.LocationId} would be {balance}.");
}
