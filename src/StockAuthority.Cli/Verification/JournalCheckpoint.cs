namespace StockAuthority.Cli.Verification;

/// <summary>Where a tenant's journal was cut.</summary>
/// <param name="TenantId">Whose it is.</param>
/// <param name="Sequence">The last movement before the cut.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Seal">Of the checkpoint and its sums, see <see cref="CheckpointSeal"/>.</param>
/// <param name="PartitionName">The partition that ends there.</param>
internal sealed record JournalCheckpoint(string TenantId, long Sequence, byte[] Hash, byte[] Seal, string PartitionName);

/// <summary>What a reservation held of a level at a checkpoint.</summary>
internal sealed record CheckpointReservation(long Number, StockAuthority.Core.Inventory.StockKey Key, long Reserved, long Committed);
