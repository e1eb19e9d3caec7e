namespace StockAuthority.Server.Inventory;

internal static partial class PaymentContextRead
{
    private const string RecordedEventsSql =
        """
        SELECT wanted.tenant_id, wanted.provider, wanted.account, wanted.provider_event_id
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS wanted (provider_event_id, account, provider, tenant_id)
        CROSS JOIN LATERAL (
            SELECT 1 FROM payment_events e
            WHERE e.provider_event_id = wanted.provider_event_id AND e.account = wanted.account
              AND e.provider = wanted.provider AND e.tenant_id = wanted.tenant_id
            OFFSET 0
        ) AS found
        """;

    // The three statements below share their parameters: see touched_orders in the migrations.
    // An order has few reservations; 500 bounds what a caller who gives many orders one reference can make us read.
    private const string PaymentsSql =
        """
        SELECT p.tenant_id, p.provider, p.account, p.payment_object_id, p.order_ref, p.named::text, p.facts::text, p.waiting::text
        FROM touched_orders($1, $2, $3, $4, $5, $6, $7) AS o
        CROSS JOIN LATERAL (
            SELECT * FROM payments
            WHERE payments.order_ref = o.order_ref AND payments.tenant_id = o.tenant_id
            OFFSET 0
        ) AS p
        UNION ALL
        SELECT p.tenant_id, p.provider, p.account, p.payment_object_id, p.order_ref, p.named::text, p.facts::text, p.waiting::text
        FROM unnest($3 || $6, $4 || $7) AS wanted (payment_object_id, tenant_id)
        CROSS JOIN LATERAL (
            SELECT * FROM payments
            WHERE payments.payment_object_id = wanted.payment_object_id AND payments.tenant_id = wanted.tenant_id
            OFFSET 0
        ) AS p
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
        """;

    /// <summary>A key without a level still answers whether its location exists and is sellable.</summary>
    private const string LevelsSql =
        """
        WITH touched AS MATERIALIZED (
            SELECT order_ref, tenant_id FROM touched_orders($1, $2, $3, $4, $5, $6, $7)
        ), touched_lines AS (
            SELECT p.tenant_id, p.known_lines AS lines
            FROM touched
            CROSS JOIN LATERAL (
                SELECT * FROM payments
                WHERE payments.order_ref = touched.order_ref AND payments.tenant_id = touched.tenant_id
                OFFSET 0
            ) AS p
            UNION ALL
            SELECT p.tenant_id, p.known_lines
            FROM unnest($3 || $6, $4 || $7) AS wanted (payment_object_id, tenant_id)
            CROSS JOIN LATERAL (
                SELECT * FROM payments
                WHERE payments.payment_object_id = wanted.payment_object_id AND payments.tenant_id = wanted.tenant_id
                OFFSET 0
            ) AS p
            UNION ALL
            SELECT r.tenant_id, r.lines
            FROM touched
            CROSS JOIN LATERAL (
                SELECT * FROM reservations
                WHERE reservations.order_ref = touched.order_ref AND reservations.tenant_id = touched.tenant_id
                ORDER BY reservations.reservation_number DESC
                LIMIT 500
            ) AS r
        ), touched_keys AS (
            SELECT DISTINCT line.sku, line.location_id, touched_lines.tenant_id
            FROM touched_lines
            CROSS JOIN LATERAL jsonb_to_recordset(touched_lines.lines) AS line (sku text, location_id text)
        )
        SELECT k.tenant_id, k.sku, k.location_id, place.sellable,
               l.available, l.reserved, l.committed, l.inspection, l.damaged, l.in_transit, l.shortfall, l.version, l.sequence
        FROM touched_keys k
        LEFT JOIN LATERAL (
            SELECT locations.sellable FROM locations
            WHERE locations.location_id = k.location_id AND locations.tenant_id = k.tenant_id
            OFFSET 0
        ) AS place ON true
        LEFT JOIN LATERAL (
            SELECT * FROM stock_levels
            WHERE stock_levels.sku = k.sku AND stock_levels.location_id = k.location_id AND stock_levels.tenant_id = k.tenant_id
            OFFSET 0
        ) AS l ON true
        """;
}
