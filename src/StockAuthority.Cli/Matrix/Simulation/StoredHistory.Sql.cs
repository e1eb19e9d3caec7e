namespace StockAuthority.Cli.Matrix.Simulation;

internal sealed partial class StoredHistory
{
    private const string TotalSql = "SELECT coalesce(sum(last_event_number), 0)::bigint, count(*) FROM tenants WHERE $1::text IS NULL OR tenant_id = $1";

    /// <summary>
    /// The next events of all tenants. is_first: its order has none before it, or it is the first of a payment without an order; so each
    /// order is read once, wherever its events are.
    /// </summary>
    private const string PageSql =
        """
        SELECT e.event_number, e.tenant_id, e.order_ref, e.payment_object_id,
               CASE
                   WHEN e.order_ref IS NOT NULL THEN NOT EXISTS (
                       SELECT FROM payment_events earlier
                       WHERE earlier.order_ref = e.order_ref AND earlier.tenant_id = e.tenant_id AND earlier.event_number < e.event_number)
                   WHEN e.payment_object_id IS NOT NULL THEN NOT EXISTS (
                       SELECT FROM payment_events other
                       WHERE other.payment_object_id = e.payment_object_id AND other.tenant_id = e.tenant_id
                         AND (other.event_number < e.event_number OR other.order_ref IS NOT NULL))
                   ELSE true
               END AS is_first
        FROM payment_events e
        WHERE (e.event_number, e.tenant_id) > ($1, $2) AND ($3::text IS NULL OR e.tenant_id = $3)
        ORDER BY e.event_number, e.tenant_id
        LIMIT $4
        """;

    /// <summary>Of orders: their events, and those of their payments that were resolved before the order was known. $3: the bound for each.</summary>
    private const string EventsOfOrdersSql =
        """
        WITH of_order AS MATERIALIZED (
            SELECT wanted.order_ref AS wanted_order, e.*
            FROM unnest($1::text[], $2::text[]) AS wanted (order_ref, tenant_id)
            CROSS JOIN LATERAL (
                SELECT * FROM payment_events
                WHERE payment_events.order_ref = wanted.order_ref AND payment_events.tenant_id = wanted.tenant_id
                ORDER BY payment_events.event_number
                LIMIT $3
            ) AS e
        ), paying AS (
            SELECT DISTINCT wanted_order, tenant_id, payment_object_id FROM of_order WHERE payment_object_id IS NOT NULL
        )
        SELECT o.wanted_order, o.tenant_id, o.event_number, o.event, o.resolution, o.reason, o.matrix_version, o.received_at, o.first_sequence, o.last_sequence
        FROM of_order o
        UNION ALL
        SELECT p.wanted_order, p.tenant_id, e.event_number, e.event, e.resolution, e.reason, e.matrix_version, e.received_at, e.first_sequence, e.last_sequence
        FROM paying p
        CROSS JOIN LATERAL (
            SELECT * FROM payment_events
            WHERE payment_events.payment_object_id = p.payment_object_id AND payment_events.tenant_id = p.tenant_id AND payment_events.order_ref IS NULL
            ORDER BY payment_events.event_number
            LIMIT $3
        ) AS e
        """;

    /// <summary>Of payments whose order nobody named.</summary>
    private const string EventsOfPaymentsSql =
        """
        SELECT wanted.payment_object_id, e.tenant_id, e.event_number, e.event, e.resolution, e.reason, e.matrix_version, e.received_at, e.first_sequence, e.last_sequence
        FROM unnest($1::text[], $2::text[]) AS wanted (payment_object_id, tenant_id)
        CROSS JOIN LATERAL (
            SELECT * FROM payment_events
            WHERE payment_events.payment_object_id = wanted.payment_object_id AND payment_events.tenant_id = wanted.tenant_id
            ORDER BY payment_events.event_number
            LIMIT $3
        ) AS e
        """;

    private const string ReservationsSql =
        """
        SELECT r.order_ref, r.tenant_id, r.reservation_number, r.payment_object_id, r.channel, r.origin, r.state, r.lines::text,
               r.created_at, r.expire_at, r.closed_at
        FROM unnest($1::text[], $2::text[]) AS wanted (order_ref, tenant_id)
        CROSS JOIN LATERAL (
            SELECT * FROM reservations
            WHERE reservations.order_ref = wanted.order_ref AND reservations.tenant_id = wanted.tenant_id
            ORDER BY reservations.reservation_number
            LIMIT $3
        ) AS r
        """;

    /// <summary>What calls reported under documents that return events name.</summary>
    private const string ReturnsSql =
        """
        SELECT r.order_ref, r.tenant_id, r.return_number, r.document_ref, r.lines::text, r.by_event
        FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (order_ref, tenant_id, document_ref)
        CROSS JOIN LATERAL (
            SELECT * FROM returns
            WHERE returns.document_ref = wanted.document_ref AND returns.order_ref = wanted.order_ref AND returns.tenant_id = wanted.tenant_id
              AND returns.by_call
            ORDER BY returns.return_number
            LIMIT $4
        ) AS r
        """;

    /// <summary>Those places that the page's orders could need are few beside the orders themselves.</summary>
    private const string LocationsSql = "SELECT tenant_id, location_id, sellable FROM locations WHERE tenant_id = ANY ($1)";
}
