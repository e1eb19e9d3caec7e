namespace StockAuthority.Server.Inventory;

internal sealed partial class InventoryGrpcService
{
    private const string ListReservationsOfOrderSql =
        """
        SELECT reservation_number, order_ref, payment_object_id, channel, origin, state, lines::text, created_at, expire_at, closed_at
        FROM reservations
        WHERE order_ref = $2 AND tenant_id = $1 AND reservation_number < $3
          AND ($4::text IS NULL OR payment_object_id = $4)
          AND ($5::text IS NULL OR lines @> jsonb_build_array(jsonb_build_object('sku', $5)))
          AND ($6::bigint IS NULL OR state = $6)
          AND ($7::timestamptz IS NULL OR state = 1 AND expire_at < $7)
        ORDER BY reservation_number DESC
        LIMIT $8
        """;

    private const string ListReservationsOfPaymentSql =
        """
        SELECT reservation_number, order_ref, payment_object_id, channel, origin, state, lines::text, created_at, expire_at, closed_at
        FROM reservations
        WHERE payment_object_id = $2 AND tenant_id = $1 AND reservation_number < $3
          AND ($4::text IS NULL OR lines @> jsonb_build_array(jsonb_build_object('sku', $4)))
          AND ($5::bigint IS NULL OR state = $5)
          AND ($6::timestamptz IS NULL OR state = 1 AND expire_at < $6)
        ORDER BY reservation_number DESC
        LIMIT $7
        """;

    /// <summary>
    /// In the order of their expiry, of which one page looks at $8 that are or were planned. Where the look ended and how many they
    /// were comes with every row, and alone where none of them fits.
    /// </summary>
    private const string ListReservationsByExpirySql =
        """
        WITH planned AS MATERIALIZED (
            SELECT DISTINCT e.expire_at, named.number
            FROM expiries e CROSS JOIN LATERAL unnest(e.reservation_numbers) AS named (number)
            WHERE e.expire_at >= $3 AND e.expire_at < $2 AND e.tenant_id = $1 AND (e.expire_at, named.number) > ($3, $4)
            ORDER BY e.expire_at, named.number
            LIMIT $8
        )
        SELECT last.expire_at, last.number, last.planned,
               m.reservation_number, m.order_ref, m.payment_object_id, m.channel, m.origin, m.state, m.lines::text, m.created_at, m.expire_at, m.closed_at
        FROM (
            SELECT expire_at, number, count(*) OVER () AS planned
            FROM planned
            ORDER BY expire_at DESC, number DESC
            LIMIT 1
        ) AS last
        LEFT JOIN LATERAL (
            SELECT r.*
            FROM planned CROSS JOIN LATERAL (
                SELECT * FROM reservations WHERE reservation_number = planned.number AND tenant_id = $1 OFFSET 0
            ) AS r
            WHERE r.state = 1 AND r.expire_at = planned.expire_at
              AND ($5::text IS NULL OR r.lines @> jsonb_build_array(jsonb_build_object('sku', $5)))
              AND ($6::bigint IS NULL OR r.state = $6)
            ORDER BY r.expire_at, r.reservation_number
            LIMIT $7
        ) AS m ON true
        ORDER BY m.expire_at, m.reservation_number
        """;

    /// <summary>
    /// Looks up $6 numbers one by one, newest first: a range of the key would collect that of every tenant. A reservation's
    /// number is the sequence of its first movement, so there is none above the head.
    /// </summary>
    private const string ListReservationsSql =
        """
        SELECT t.last_sequence,
               m.reservation_number, m.order_ref, m.payment_object_id, m.channel, m.origin, m.state, m.lines::text, m.created_at, m.expire_at, m.closed_at
        FROM tenants t
        LEFT JOIN LATERAL (
            SELECT r.*
            FROM generate_series(least($2 - 1, t.last_sequence), greatest(least($2 - 1, t.last_sequence) - $6 + 1, 1), -1) AS wanted (number)
            CROSS JOIN LATERAL (
                SELECT * FROM reservations WHERE reservation_number = wanted.number AND tenant_id = $1 LIMIT 1
            ) AS r
            WHERE ($3::text IS NULL OR r.lines @> jsonb_build_array(jsonb_build_object('sku', $3)))
              AND ($4::bigint IS NULL OR r.state = $4)
            ORDER BY r.reservation_number DESC
            LIMIT $5
        ) AS m ON true
        WHERE t.tenant_id = $1
        ORDER BY m.reservation_number DESC
        """;

    private const string ListAvailabilitySql =
        """
        SELECT location_id, available, reserved, committed, inspection, damaged, in_transit, shortfall, version, sequence,
               (SELECT l.sellable FROM locations l WHERE l.location_id = stock_levels.location_id AND l.tenant_id = stock_levels.tenant_id)
        FROM stock_levels
        WHERE sku = $2 AND tenant_id = $1 AND location_id > $3
        ORDER BY location_id
        LIMIT $4
        """;
}
