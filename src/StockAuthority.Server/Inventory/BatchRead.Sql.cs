namespace StockAuthority.Server.Inventory;

internal sealed partial class BatchRead
{
    private const string BeginSql = "BEGIN";

    /// <summary>Sorted, so that two batches that share tenants cannot wait for each other in a circle.</summary>
    private const string LockHeadsSql =
        """
        SELECT tenant_id, last_sequence, last_hash, last_event_number
        FROM tenants
        WHERE tenant_id = ANY ($1)
        ORDER BY tenant_id COLLATE "C"
        FOR NO KEY UPDATE
        """;

    private const string OutcomesSql =
        """
        SELECT o.tenant_id, o.idempotency_key, o.fingerprint, o.answer_kind, o.answer
        FROM unnest($1::text[], $2::text[]) AS wanted (idempotency_key, tenant_id)
        JOIN outcomes o USING (idempotency_key, tenant_id)
        """;

    private const string RecordedEventsSql =
        """
        SELECT e.tenant_id, e.provider, e.account, e.provider_event_id
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS wanted (provider_event_id, account, provider, tenant_id)
        JOIN payment_events e USING (provider_event_id, account, provider, tenant_id)
        """;

    // The three statements below share their parameters. $1 to $7: see touched_orders in the migrations.
    // $8, $9: reservations that commands name. $10 to $12: SKUs and locations that commands name.
    // An order has few reservations; 500 bounds what a caller who gives many orders one reference can make us read.
    private const string PaymentsSql =
        """
        SELECT p.tenant_id, p.provider, p.account, p.payment_object_id, p.order_ref, p.named::text, p.facts::text, p.waiting::text
        FROM touched_orders($1, $2, $3, $4, $5, $6, $7)
        JOIN payments p USING (order_ref, tenant_id)
        UNION ALL
        SELECT p.tenant_id, p.provider, p.account, p.payment_object_id, p.order_ref, p.named::text, p.facts::text, p.waiting::text
        FROM unnest($3 || $6, $4 || $7) AS wanted (payment_object_id, tenant_id)
        JOIN payments p USING (payment_object_id, tenant_id)
        """;

    private const string ReservationsSql =
        """
        SELECT r.tenant_id, r.reservation_number, r.order_ref, r.payment_object_id, r.channel, r.origin, r.state, r.lines::text,
               r.created_at, r.expire_at, r.closed_at
        FROM touched_orders($1, $2, $3, $4, $5, $6, $7) AS o
        CROSS JOIN LATERAL (
            SELECT * FROM reservations
            WHERE reservations.order_ref = o.order_ref AND reservations.tenant_id = o.tenant_id
            ORDER BY reservations.reservation_number DESC
            LIMIT 500
        ) AS r
        UNION ALL
        SELECT r.tenant_id, r.reservation_number, r.order_ref, r.payment_object_id, r.channel, r.origin, r.state, r.lines::text,
               r.created_at, r.expire_at, r.closed_at
        FROM unnest($8, $9) AS wanted (reservation_number, tenant_id)
        JOIN reservations r USING (reservation_number, tenant_id)
        """;

    /// <summary>A key without a level still answers whether its location exists.</summary>
    private const string LevelsSql =
        """
        WITH touched_lines AS (
            SELECT p.tenant_id, p.known_lines AS lines
            FROM touched_orders($1, $2, $3, $4, $5, $6, $7)
            JOIN payments p USING (order_ref, tenant_id)
            UNION ALL
            SELECT p.tenant_id, p.known_lines
            FROM unnest($3 || $6, $4 || $7) AS wanted (payment_object_id, tenant_id)
            JOIN payments p USING (payment_object_id, tenant_id)
            UNION ALL
            SELECT r.tenant_id, r.lines
            FROM touched_orders($1, $2, $3, $4, $5, $6, $7) AS o
            CROSS JOIN LATERAL (
                SELECT * FROM reservations
                WHERE reservations.order_ref = o.order_ref AND reservations.tenant_id = o.tenant_id
                ORDER BY reservations.reservation_number DESC
                LIMIT 500
            ) AS r
            UNION ALL
            SELECT r.tenant_id, r.lines
            FROM unnest($8, $9) AS wanted (reservation_number, tenant_id)
            JOIN reservations r USING (reservation_number, tenant_id)
        ), touched_keys AS (
            SELECT sku, location_id, tenant_id FROM unnest($10, $11, $12) AS named (sku, location_id, tenant_id)
            UNION
            SELECT line.sku, line.location_id, touched_lines.tenant_id
            FROM touched_lines
            CROSS JOIN LATERAL jsonb_to_recordset(touched_lines.lines) AS line (sku text, location_id text)
        )
        SELECT k.tenant_id, k.sku, k.location_id, place.location_id IS NOT NULL,
               l.available, l.reserved, l.committed, l.inspection, l.damaged, l.in_transit, l.shortfall, l.version, l.sequence
        FROM touched_keys k
        LEFT JOIN locations place USING (location_id, tenant_id)
        LEFT JOIN stock_levels l USING (sku, location_id, tenant_id)
        """;
}
