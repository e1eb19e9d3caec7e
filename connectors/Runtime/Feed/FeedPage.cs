using StockAuthority.Inventory.V1;

namespace StockAuthority.Connectors.Runtime.Feed;

/// <summary>Movements in order that follow on the previous page without a gap.</summary>
internal sealed record FeedPage(IReadOnlyList<Movement> Movements)
{
    /// <summary>Not 0 where the journal up to here was detached before it was read: the levels have to be taken as they are now.</summary>
    public long DetachedUpTo { get; init; }
}
