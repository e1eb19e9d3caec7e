namespace StockAuthority.Server.ChangeFeed;

internal sealed partial class FeedCheckpoints
{
    /// <summary>Nothing for an unknown tenant; a head without a checkpoint where the sequence is beyond that head, or where the
    /// consumer is a channel and the caller's lease is not the latest.</summary>
    private const string AcknowledgeSql =
        """
        WITH head AS (
            SELECT last_sequence FROM tenants WHERE tenant_id = $2
        ), before AS (
            SELECT sequence FROM feed_checkpoints WHERE consumer = $1 AND tenant_id = $2
        ), acknowledged AS (
            INSERT INTO feed_checkpoints AS c (consumer, tenant_id, sequence, acknowledged_at)
            SELECT $1, $2, $3, $4 FROM head
            WHERE last_sequence >= $3 AND NOT EXISTS (SELECT FROM channels WHERE channel_id = $1 AND tenant_id = $2 AND fencing_number <> $5)
            ON CONFLICT ON CONSTRAINT feed_checkpoints_pk
            DO UPDATE SET sequence = greatest(c.sequence, excluded.sequence), acknowledged_at = excluded.acknowledged_at
            RETURNING sequence
        )
        SELECT head.last_sequence, acknowledged.sequence, coalesce((SELECT sequence FROM before), 0)
        FROM head
        LEFT JOIN acknowledged ON true
        """;

    private const string CheckpointSql =
        """
        SELECT t.last_sequence, coalesce(c.sequence, 0), coalesce(c.sequence, 0)
        FROM tenants t
        LEFT JOIN feed_checkpoints c ON c.consumer = $1 AND c.tenant_id = t.tenant_id
        WHERE t.tenant_id = $2
        """;
}
