using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Payments;

internal sealed partial class OrderTrace
{
    private const string EventsSql =
        $"""
        SELECT {RecordedEventReads.Columns}
        FROM payment_events e
        WHERE e.order_ref = $2 AND e.tenant_id = $1
        ORDER BY e.event_number
        LIMIT $3
        """;

    private const string PaymentsSql =
        $"""
        SELECT {PaymentRow.Columns}
        FROM payments
        WHERE order_ref = $2 AND tenant_id = $1
        ORDER BY provider, account, payment_object_id
        LIMIT $3
        """;

    /// <summary>The head, and where an order's movements begin: a reservation's number is the sequence of its first movement.</summary>
    private const string BeginSql =
        """
        SELECT t.last_sequence, least(
            (SELECT min(reservation_number) FROM reservations WHERE order_ref = $2 AND tenant_id = $1),
            (SELECT min(first_sequence) FROM payment_events WHERE order_ref = $2 AND tenant_id = $1 AND first_sequence > 0),
            (SELECT min(return_number) FROM returns WHERE order_ref = $2 AND tenant_id = $1))
        FROM tenants t
        WHERE t.tenant_id = $1
        """;

    /// <summary>The order's movements among $4 sequences, and the time of the last of them.</summary>
    private const string MovementsSql =
        $"""
        SELECT last.recorded_at,
               {MovementRow.Columns}
        FROM (SELECT max(recorded_at) AS recorded_at FROM movements WHERE tenant_id = $1 AND sequence > $3 AND sequence <= $3 + $4) AS last
        LEFT JOIN LATERAL (
            SELECT * FROM movements
            WHERE tenant_id = $1 AND sequence > $3 AND sequence <= $3 + $4 AND order_ref = $2
            ORDER BY sequence
        ) AS m ON true
        ORDER BY m.sequence
        """;
}
