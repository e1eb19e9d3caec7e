namespace StockAuthority.Server.Exceptions;

internal sealed partial class ExceptionSweep
{
    /// <summary>
    /// Open cases after $1, each with the keys of its order that have units. A case without any comes once, with nulls. Look-ups are
    /// LATERAL with OFFSET 0: the planner may not turn them around.
    /// </summary>
    private const string WaitingSql =
        """
        WITH waiting AS (
            SELECT case_id, tenant_id, kind, order_ref
            FROM exception_cases
            WHERE status <> 3 AND kind IN (3, 4, 13) AND case_id > $1
            ORDER BY case_id
            LIMIT $2
        )
        SELECT w.case_id, w.tenant_id, w.kind, w.order_ref, k.sku, k.location_id, k.available
        FROM waiting w
        LEFT JOIN LATERAL (
            SELECT DISTINCT line.sku, line.location_id, l.available
            FROM (
                SELECT known_lines AS lines FROM payments WHERE payments.order_ref = w.order_ref AND payments.tenant_id = w.tenant_id
                UNION ALL
                (SELECT lines FROM reservations WHERE reservations.order_ref = w.order_ref AND reservations.tenant_id = w.tenant_id LIMIT 50)
            ) AS named
            CROSS JOIN LATERAL jsonb_to_recordset(named.lines) AS line (sku text, location_id text)
            CROSS JOIN LATERAL (
                SELECT available FROM stock_levels
                WHERE stock_levels.sku = line.sku AND stock_levels.location_id = line.location_id AND stock_levels.tenant_id = w.tenant_id
                OFFSET 0
            ) AS l
            WHERE l.available > 0
        ) AS k ON true
        ORDER BY w.case_id
        """;

    /// <summary>An event that could not be read has the provider's own id after a prefix of Intake's ("inbox-"): the same event, once it can be read, has only that.</summary>
    private const string ReadableSql =
        """
        WITH readable AS (
            SELECT c.case_id, c.tenant_id, e.provider_event_id
            FROM exception_cases c
            CROSS JOIN LATERAL (
                SELECT provider_event_id FROM payment_events
                WHERE payment_events.provider_event_id = substr(c.provider_event_id, 7) AND payment_events.account = c.account
                  AND payment_events.provider = c.provider AND payment_events.tenant_id = c.tenant_id
                OFFSET 0
            ) AS e
            WHERE c.case_id = ANY($1) AND c.kind = 13 AND c.provider_event_id LIKE 'inbox-%'
        ), closed AS (
            UPDATE exception_cases AS c
            SET status = 3, disposition = 1, version = c.version + 1, last_entry = c.last_entry + 1, updated_at = $2, resolved_at = $2
            FROM readable r
            WHERE c.case_id = r.case_id AND c.tenant_id = r.tenant_id AND c.status <> 3
            RETURNING c.case_id, c.tenant_id, c.last_entry, r.provider_event_id
        )
        INSERT INTO exception_entries (case_id, tenant_id, entry_number, action, entered_at, comment, provider_event_id)
        SELECT case_id, tenant_id, last_entry, 6, $2, 'MENDED_BY_EVENT', provider_event_id FROM closed
        """;
}
