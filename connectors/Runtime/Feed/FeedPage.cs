using StockAuthority.Inventory.V1;

namespace StockAuthority.Connectors.Runtime.Feed;

/// <summary>Movements in order that follow on the previous page without a gap.</summary>
internal sealed record FeedPage(IReadOnlyList<Movement> Movements);
