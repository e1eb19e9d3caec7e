namespace StockAuthority.Server.Inventory;

internal static partial class BatchRead
{
    private const string BeginSql = "BEGIN";

    /// <summary>Sorted, so that two batches that share tenants cannot wait for each other in a circle.</summary>
    private const string LockHeadsSql =
        """
        SELECT tenant_id, head_version, last_sequence, last_hash, last_event_number, last_recorded_at,
               default_ttl, maximum_ttl, clock_timestamp()
        FROM tenants
        WHERE tenant_id = ANY ($1)
        ORDER BY tenant_id COLLATE "C"
        FOR NO KEY UPDATE
        """;

    // Look-ups are LATERAL with OFFSET 0, so that the planner can neither turn a join around nor merge it: plans of this
    // process are made once, maybe while the tables are empty, and must still be right at a hundred million rows.
    private const string OutcomesSql =
        """
        SELECT wanted.tenant_id, wanted.idempotency_key, o.fingerprint, o.answer_kind, o.answer
        FROM unnest($1::text[], $2::text[]) AS wanted (idempotency_key, tenant_id)
        CROSS JOIN LATERAL (
            SELECT * FROM outcomes
            WHERE outcomes.idempotency_key = wanted.idempotency_key AND outcomes.tenant_id = wanted.tenant_id
            OFFSET 0
        ) AS o
        """;

    /// <summary>A document covers few receipts; 500 bounds what a caller who gives many one document can make us read.</summary>
    private const string ReturnsSql =
        """
        SELECT wanted.tenant_id, r.return_number, r.document_ref, r.order_ref, r.lines::text, r.by_call, r.by_event
        FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (document_ref, order_ref, tenant_id)
        CROSS JOIN LATERAL (
            SELECT * FROM returns
            WHERE returns.document_ref = wanted.document_ref AND returns.order_ref = wanted.order_ref AND returns.tenant_id = wanted.tenant_id
            ORDER BY returns.by_event DESC, returns.return_number
            LIMIT 500
        ) AS r
        """;

    public const string LocationsSql =
        """
        SELECT wanted.tenant_id, wanted.location_id, found.sellable
        FROM unnest($1::text[], $2::text[]) AS wanted (location_id, tenant_id)
        CROSS JOIN LATERAL (
            SELECT locations.sellable FROM locations
            WHERE locations.location_id = wanted.location_id AND locations.tenant_id = wanted.tenant_id
            OFFSET 0
        ) AS found
        """;

    private const string LevelsSql =
        """
        SELECT wanted.tenant_id, wanted.sku, wanted.location_id,
               l.available, l.reserved, l.committed, l.inspection, l.damaged, l.in_transit, l.shortfall, l.version, l.sequence
        FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (sku, location_id, tenant_id)
        CROSS JOIN LATERAL (
            SELECT * FROM stock_levels
            WHERE stock_levels.sku = wanted.sku AND stock_levels.location_id = wanted.location_id AND stock_levels.tenant_id = wanted.tenant_id
            OFFSET 0
        ) AS l
        """;

    private const string ReservationsSql =
        """
        SELECT wanted.tenant_id, r.reservation_number, r.order_ref, r.payment_object_id, r.channel, r.origin, r.state, r.lines::text,
               r.created_at, r.expire_at, r.closed_at
        FROM unnest($1::bigint[], $2::text[]) AS wanted (reservation_number, tenant_id)
        CROSS JOIN LATERAL (
            SELECT * FROM reservations
            WHERE reservations.reservation_number = wanted.reservation_number AND reservations.tenant_id = wanted.tenant_id
            OFFSET 0
        ) AS r
        """;

    private const string TransfersSql =
        """
        SELECT wanted.tenant_id, t.transfer_id, t.from_location_id, t.to_location_id, t.lines::text, t.dispatched_at, t.closed_at
        FROM unnest($1::text[], $2::text[]) AS wanted (transfer_id, tenant_id)
        CROSS JOIN LATERAL (
            SELECT * FROM transfers
            WHERE transfers.transfer_id = wanted.transfer_id AND transfers.tenant_id = wanted.tenant_id
            OFFSET 0
        ) AS t
        """;

    private const string LevelsOfReservationsSql =
        """
        WITH touched_keys AS (
            SELECT DISTINCT line.sku, line.location_id, r.tenant_id
            FROM unnest($1::bigint[], $2::text[]) AS wanted (reservation_number, tenant_id)
            CROSS JOIN LATERAL (
                SELECT * FROM reservations
                WHERE reservations.reservation_number = wanted.reservation_number AND reservations.tenant_id = wanted.tenant_id
                OFFSET 0
            ) AS r
            CROSS JOIN LATERAL jsonb_to_recordset(r.lines) AS line (sku text, location_id text)
        )
        SELECT k.tenant_id, k.sku, k.location_id,
               l.available, l.reserved, l.committed, l.inspection, l.damaged, l.in_transit, l.shortfall, l.version, l.sequence
        FROM touched_keys k
        CROSS JOIN LATERAL (
            SELECT * FROM stock_levels
            WHERE stock_levels.sku = k.sku AND stock_levels.location_id = k.location_id AND stock_levels.tenant_id = k.tenant_id
            OFFSET 0
        ) AS l
        """;

    /// <summary>Whether a payment is known already of an order that is being reserved. Hardly ever; then the context is read.</summary>
    private const string ReservingSql =
        """
        SELECT EXISTS (
            SELECT FROM unnest($1::text[], $2::text[], $3::text[]) AS reserving (order_ref, payment_object_id, tenant_id)
            CROSS JOIN LATERAL (
                SELECT 1 FROM payments
                WHERE payments.order_ref = reserving.order_ref AND payments.tenant_id = reserving.tenant_id
                UNION ALL
                SELECT 1 FROM payments
                WHERE payments.payment_object_id = reserving.payment_object_id AND payments.tenant_id = reserving.tenant_id
                OFFSET 0
            ) AS found)
        """;
}
