namespace StockAuthority.Core.Inventory;

/// <summary>One line of the journal.</summary>
/// <param name="Hash">SHA-256 over the previous movement's hash and this one's canonical bytes; see <see cref="MovementChain"/>.</param>
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
    byte[] Hash);
