namespace StockAuthority.Server.Payments;

internal sealed partial class PaymentEventGrpcService
{
    /// <summary>$2: 0 for every resolution. Deliveries: how many, and the latest 20.</summary>
    private const string ListSql =
        """
        SELECT e.event_number, e.event, e.resolution, e.reason, e.missing_fields, e.order_ref, e.first_sequence, e.last_sequence,
               e.received_at, e.resolved_at, e.matrix_version, extra.count, extra.keys, extra.times
        FROM payment_events e
        CROSS JOIN LATERAL (
            SELECT count(*) AS count,
                   coalesce((array_agg(d.idempotency_key ORDER BY d.received_at DESC))[1:20], '{}') AS keys,
                   coalesce((array_agg(d.received_at ORDER BY d.received_at DESC))[1:20], '{}') AS times
            FROM payment_event_deliveries d
            WHERE d.provider_event_id = e.provider_event_id AND d.account = e.account AND d.provider = e.provider AND d.tenant_id = e.tenant_id
        ) AS extra
        WHERE e.tenant_id = $1
          AND ($2 = 0 OR e.resolution = $2)
          AND ($3::text IS NULL OR e.order_ref = $3)
          AND ($4::text IS NULL OR e.payment_object_id = $4)
          AND e.event_number > $5
        ORDER BY e.event_number
        LIMIT $6
        """;
}
