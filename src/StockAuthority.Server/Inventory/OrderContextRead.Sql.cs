namespace StockAuthority.Server.Inventory;

internal static partial class OrderContextRead
{
    /// <summary>An order has few reservations; 500 bounds what a caller who gives many orders one reference can make us read.</summary>
    private const string ReservationsSql =
        """
        SELECT wanted.tenant_id, r.reservation_number, r.order_ref, r.payment_object_id, r.channel, r.origin, r.state, r.lines::text,
               r.created_at, r.expire_at, r.closed_at
        FROM unnest($1::text[], $2::text[]) AS wanted (order_ref, tenant_id)
        CROSS JOIN LATERAL (
            SELECT * FROM reservations
            WHERE reservations.order_ref = wanted.order_ref AND reservations.tenant_id = wanted.tenant_id
            ORDER BY reservations.reservation_number DESC
            LIMIT 500
        ) AS r
        """;
}
