namespace StockAuthority.Server.Availability;

internal sealed partial class AvailabilityTail
{
    /// <summary>The first time ever the cache has nothing to catch up with. Later a tenant without a checkpoint is a new one, read from its beginning.</summary>
    private const string BeginAtHeadsSql =
        """
        INSERT INTO feed_checkpoints (consumer, tenant_id, sequence, acknowledged_at)
        SELECT $1, tenant_id, last_sequence, $2
        FROM tenants
        WHERE NOT EXISTS (SELECT FROM feed_checkpoints WHERE consumer = $1)
        ON CONFLICT ON CONSTRAINT feed_checkpoints_pk DO NOTHING
        """;

    /// <summary>Who has news, the longest neglected first, so that a bound on their number starves nobody.</summary>
    private const string BehindSql =
        """
        SELECT t.tenant_id, coalesce(c.sequence, 0), t.last_sequence
        FROM tenants t
        LEFT JOIN feed_checkpoints c ON c.consumer = $1 AND c.tenant_id = t.tenant_id
        WHERE t.last_sequence > coalesce(c.sequence, 0)
        ORDER BY c.acknowledged_at NULLS FIRST
        LIMIT $2
        """;

    /// <summary>
    /// LATERAL with LIMIT: one look into the key for each touched level, whatever the planner believes of the tables' sizes. Of what
    /// was detached from the journal, the last checkpoint knows which levels were touched.
    /// </summary>
    private const string TouchedLevelsSql =
        """
        SELECT touched.sku, touched.location_id,
               l.available, l.reserved, l.committed, l.inspection, l.damaged, l.in_transit, l.shortfall, l.version, l.sequence
        FROM (
            SELECT sku, location_id
            FROM movements
            WHERE tenant_id = $1 AND sequence > $2 AND sequence <= $3
            UNION
            SELECT sku, location_id
            FROM journal_checkpoint_levels
            WHERE tenant_id = $1 AND sequence > $2
        ) AS touched
        CROSS JOIN LATERAL (
            SELECT *
            FROM stock_levels
            WHERE sku = touched.sku AND location_id = touched.location_id AND tenant_id = $1
            LIMIT 1
        ) AS l
        """;

    private const string AdvanceSql =
        """
        INSERT INTO feed_checkpoints AS c (consumer, tenant_id, sequence, acknowledged_at)
        SELECT $1, reached.tenant_id, reached.sequence, $4
        FROM unnest($2::text[], $3::bigint[]) AS reached (tenant_id, sequence)
        ON CONFLICT ON CONSTRAINT feed_checkpoints_pk
        DO UPDATE SET sequence = greatest(c.sequence, excluded.sequence), acknowledged_at = excluded.acknowledged_at
        """;
}
