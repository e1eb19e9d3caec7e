namespace StockAuthority.Core.Inventory;

/// <summary>One line of the journal.</summary>
/// <param name="Hash">SHA-256 over the previous movement's hash and this one's canonical bytes; see <see cref="MovementChain"/>.</param>
/// <param name="OccurredAt">When it happened, where whoever reported it said so. The order of the journal does not follow it.</param>
public sealed record Movement(
    long Sequence,
    StockKey Key,
    StockState From,
    StockState To,
    long Quantity,
    long LevelVersion,
    long AvailableAfter,
    StockOperation Operation,
    string? OrderRef,
    long? ReservationNumber,
    string? DocumentRef,
    AdjustmentReason Reason,
    string IdempotencyKey,
    DateTimeOffset RecordedAt,
    byte[] Hash,
    DateTimeOffset? OccurredAt = null);
