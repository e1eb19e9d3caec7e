using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.ChangeFeed;

/// <summary>A gapless part of a tenant's journal, the levels that it touched, and the journal's end, all of one moment.</summary>
internal sealed record FeedPage(IReadOnlyList<Movement> Movements, IReadOnlyCollection<StockLevel> Levels, long HeadSequence)
{
    /// <summary>Not 0 where the page would have to begin in what was detached from the journal, which is everything up to here.</summary>
    public long DetachedUpTo { get; init; }
}
