namespace StockAuthority.Connectors.Runtime;

/// <summary>A level that a channel must show.</summary>
/// <param name="Key">Which level.</param>
/// <param name="Available">Whole units that can be promised.</param>
/// <param name="Version">Counts the changes of the level; a higher one replaces a lower one.</param>
/// <param name="Sequence">The movement in the tenant's journal that made this level.</param>
/// <param name="RecordTime">When the authority recorded that movement.</param>
public sealed record LevelChange(StockKey Key, long Available, long Version, long Sequence, DateTimeOffset RecordTime);
