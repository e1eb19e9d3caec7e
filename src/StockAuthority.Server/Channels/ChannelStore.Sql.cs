namespace StockAuthority.Server.Channels;

internal sealed partial class ChannelStore
{
    private const string InsertSql =
        """
        INSERT INTO channels (channel_id, tenant_id, fencing_number, state)
        SELECT $1, tenant_id, 0, $3 FROM tenants WHERE tenant_id = $2
        ON CONFLICT ON CONSTRAINT channels_pk DO NOTHING
        """;

    private const string LockSql = "SELECT state FROM channels WHERE channel_id = $1 AND tenant_id = $2 FOR UPDATE";

    private const string UpdateSql = "UPDATE channels SET fencing_number = $3, state = $4 WHERE channel_id = $1 AND tenant_id = $2";

    /// <summary>$2 null: all channels after $3.</summary>
    private const string ReadSql =
        """
        SELECT c.state, t.last_sequence, coalesce(f.sequence, 0)
        FROM channels c
        JOIN tenants t ON t.tenant_id = c.tenant_id
        LEFT JOIN feed_checkpoints f ON f.consumer = c.channel_id AND f.tenant_id = c.tenant_id
        WHERE c.tenant_id = $1 AND ($2::text[] IS NULL OR c.channel_id = ANY ($2)) AND c.channel_id > $3
        ORDER BY c.channel_id
        LIMIT $4
        """;

    private const string EventSql =
        """
        INSERT INTO channel_events (channel_id, tenant_id, event_number, action, actor, happened_at, comment, detail, idempotency_key, fingerprint)
        SELECT $1, $2, coalesce(max(event_number), 0) + 1, $3, $4, $5, $6, $7, $8, $9
        FROM channel_events
        WHERE channel_id = $1 AND tenant_id = $2
        """;

    private const string RepeatedSql =
        "SELECT fingerprint FROM channel_events WHERE idempotency_key = $1 AND channel_id = $2 AND tenant_id = $3";

    private const string EventsSql =
        """
        SELECT event_number, action, actor, happened_at, comment, detail
        FROM channel_events
        WHERE channel_id = $1 AND tenant_id = $2 AND ($3 = 0 OR event_number < $3)
        ORDER BY event_number DESC
        LIMIT $4
        """;

    private const string ReportSql =
        """
        INSERT INTO channel_reports (channel_id, tenant_id, fencing_number, report_number, channel_version, received_at, duration,
            push_count, error_count, retry_count, visible_count, late_count, refused_count, compared_count, drift_count)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT ON CONSTRAINT channel_reports_pk DO NOTHING
        """;

    private const string ForgetSql = "DELETE FROM channel_reports WHERE channel_id = $1 AND received_at < $2 AND tenant_id = $3";

    private const string WindowSql =
        """
        SELECT coalesce(sum(duration), interval '0'), coalesce(sum(push_count), 0)::bigint, coalesce(sum(error_count), 0)::bigint,
               coalesce(sum(retry_count), 0)::bigint, coalesce(sum(visible_count), 0)::bigint, coalesce(sum(late_count), 0)::bigint,
               coalesce(sum(refused_count), 0)::bigint, coalesce(sum(compared_count), 0)::bigint, coalesce(sum(drift_count), 0)::bigint
        FROM channel_reports
        WHERE channel_id = $1 AND tenant_id = $2 AND channel_version = $3 AND received_at > $4
        """;

    private const string LevelsSql =
        """
        SELECT sku, location_id, available, version, sequence
        FROM stock_levels
        WHERE tenant_id = $1 AND (sku, location_id) > ($2, $3) AND ($4::text[] IS NULL OR sku = ANY ($4))
        ORDER BY sku, location_id
        LIMIT $5
        """;
}
