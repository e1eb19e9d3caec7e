namespace StockAuthority.Cli.Journal;

internal sealed partial class JournalDetachment
{
    private const string LockSql = "SELECT pg_try_advisory_lock(7340213)";

    /// <summary>With the beginning of the current month.</summary>
    private const string PartitionsSql =
        """
        SELECT partition_name, until_at, is_detaching, date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
        FROM movement_partitions
        ORDER BY until_at
        """;

    /// <summary>Where a later sequence has an earlier time, a cut by time is none of the sequence.</summary>
    private const string OutOfOrderSql =
        """
        SELECT t.tenant_id, cut.sequence, stays.sequence
        FROM tenants t
        CROSS JOIN LATERAL (
            SELECT max(sequence) AS sequence FROM movements WHERE movements.tenant_id = t.tenant_id AND recorded_at < $1
        ) AS cut
        CROSS JOIN LATERAL (
            SELECT min(sequence) AS sequence FROM movements WHERE movements.tenant_id = t.tenant_id AND recorded_at >= $1
        ) AS stays
        WHERE stays.sequence < cut.sequence
        LIMIT 1
        """;

    private const string ConsumersBehindSql =
        """
        SELECT f.consumer, f.tenant_id, f.sequence, cut.sequence
        FROM feed_checkpoints f
        CROSS JOIN LATERAL (
            SELECT max(sequence) AS sequence FROM movements WHERE movements.tenant_id = f.tenant_id AND recorded_at < $1
        ) AS cut
        WHERE f.sequence < cut.sequence
        ORDER BY f.consumer, f.tenant_id
        LIMIT 1
        """;

    private const string ForgetLevelsSql = "DELETE FROM journal_checkpoint_levels WHERE tenant_id = $1";

    private const string CopyLevelsSql =
        """
        COPY journal_checkpoint_levels (
            tenant_id, sku, location_id, available, reserved, committed, inspection, damaged, in_transit, shortfall, version, sequence)
        FROM STDIN (FORMAT binary)
        """;

    private const string ForgetReservationsSql = "DELETE FROM journal_checkpoint_reservations WHERE tenant_id = $1 AND reserved = 0 AND committed = 0";

    /// <summary>In the seal's order.</summary>
    private const string HeldSql =
        """
        SELECT reservation_number, sku, location_id, reserved, committed
        FROM journal_checkpoint_reservations
        WHERE tenant_id = $1
        ORDER BY reservation_number, sku, location_id
        """;

    private const string CheckpointSql =
        """
        INSERT INTO journal_checkpoints (sequence, tenant_id, hash, seal, partition_name, made_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """;

    // A table's name cannot be a parameter. These come from the catalogue.

    /// <summary>Adds what the partition's movements after the checkpoint before it did to what reservations hold.</summary>
    private static string HoldSql(string partition) =>
        $"""
        INSERT INTO journal_checkpoint_reservations AS held (reservation_number, tenant_id, sku, location_id, reserved, committed)
        SELECT reservation_number, tenant_id, sku, location_id,
               sum(CASE WHEN to_state = 2 THEN quantity WHEN from_state = 2 THEN -quantity ELSE 0 END),
               sum(CASE WHEN to_state = 3 THEN quantity WHEN from_state = 3 THEN -quantity ELSE 0 END)
        FROM {Name(partition)}
        WHERE tenant_id = $1 AND sequence > $2 AND reservation_number IS NOT NULL
        GROUP BY reservation_number, tenant_id, sku, location_id
        ON CONFLICT ON CONSTRAINT journal_checkpoint_reservations_pk
        DO UPDATE SET reserved = held.reserved + excluded.reserved, committed = held.committed + excluded.committed
        """;

    /// <summary>What follows the partition: the next movement that there is, or the one that the head will give.</summary>
    private static string EdgeSql(string partition) =>
        $"""
        SELECT last.sequence,
               coalesce(
                   (SELECT min(sequence) FROM movements WHERE movements.tenant_id = $1 AND movements.sequence > last.sequence),
                   t.last_sequence + 1)
        FROM tenants t
        CROSS JOIN (SELECT coalesce(max(sequence), 0) AS sequence FROM {Name(partition)} WHERE tenant_id = $1) AS last
        WHERE t.tenant_id = $1
        """;

    private static string CountSql(string partition) => $"SELECT count(*) FROM {Name(partition)}";

    /// <summary>Concurrently: it waits for whoever uses the partition, and nobody waits for it.</summary>
    private static string DetachSql(string partition) => $"ALTER TABLE movements DETACH PARTITION {Name(partition)} CONCURRENTLY";

    private static string FinishDetachSql(string partition) => $"ALTER TABLE movements DETACH PARTITION {Name(partition)} FINALIZE";

    private static string Name(string partition) => $"\"{partition.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
