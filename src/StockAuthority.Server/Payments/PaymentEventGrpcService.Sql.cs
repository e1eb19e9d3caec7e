namespace StockAuthority.Server.Payments;

internal sealed partial class PaymentEventGrpcService
{
    /// <summary>$2: 0 for every resolution.</summary>
    private const string ListSql =
        $"""
        SELECT {RecordedEventReads.Columns}
        FROM payment_events e
        WHERE e.tenant_id = $1
          AND ($2 = 0 OR e.resolution = $2)
          AND ($3::text IS NULL OR e.order_ref = $3)
          AND ($4::text IS NULL OR e.payment_object_id = $4)
          AND e.event_number > $5
        ORDER BY e.event_number
        LIMIT $6
        """;

    private const string PaymentSql =
        $"""
        SELECT {PaymentRow.Columns}
        FROM payments
        WHERE payment_object_id = $4 AND account = $3 AND provider = $2 AND tenant_id = $1
        """;

    private const string EventsOfPaymentSql =
        $"""
        SELECT {RecordedEventReads.Columns}
        FROM payment_events e
        WHERE e.payment_object_id = $4 AND e.account = $3 AND e.provider = $2 AND e.tenant_id = $1
        ORDER BY e.event_number
        LIMIT $5
        """;
}
