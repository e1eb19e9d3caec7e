namespace StockAuthority.Server.Inventory;

internal static partial class AtRiskRead
{
    /// <summary>
    /// The oldest open reservations that have units at these keys, of those that were made within the journal's last part: no
    /// index leads from a key to its reservations, since every Reserve would have to pay for it. The look-up stops at its limit.
    /// </summary>
    private const string ReservationsSql =
        """
        SELECT r.tenant_id, r.reservation_number, r.order_ref, r.payment_object_id, r.channel, r.origin, r.state, r.lines::text,
               r.created_at, r.expire_at, r.closed_at
        FROM (
            SELECT DISTINCT m.reservation_number
            FROM movements m
            JOIN unnest($3::text[], $4::text[]) AS wanted (sku, location_id) ON m.sku = wanted.sku AND m.location_id = wanted.location_id
            WHERE m.tenant_id = $1 AND m.sequence > $2 AND m.operation = 1
            ORDER BY m.reservation_number
        ) AS made
        CROSS JOIN LATERAL (
            SELECT * FROM reservations
            WHERE reservations.reservation_number = made.reservation_number AND reservations.tenant_id = $1 AND reservations.state IN (1, 2)
              AND EXISTS (
                SELECT FROM jsonb_to_recordset(reservations.lines) AS line (sku text, location_id text, reserved bigint, committed bigint)
                JOIN unnest($3::text[], $4::text[]) AS wanted (sku, location_id) ON line.sku = wanted.sku AND line.location_id = wanted.location_id
                WHERE coalesce(line.reserved, 0) + coalesce(line.committed, 0) > 0)
            OFFSET 0
        ) AS r
        ORDER BY made.reservation_number
        LIMIT $5
        """;
}
