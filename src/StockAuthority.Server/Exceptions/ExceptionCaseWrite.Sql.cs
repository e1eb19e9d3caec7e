namespace StockAuthority.Server.Exceptions;

internal sealed partial class ExceptionCaseWrite
{
    /// <summary>Cases whose causes are mended. Before the new ones: a cause can be mended and found again in one batch.</summary>
    private const string MendedSql =
        """
        WITH closed AS (
            UPDATE exception_cases AS c
            SET status = 3, disposition = 1, version = c.version + 1, last_entry = c.last_entry + 1, updated_at = $5, resolved_at = $5
            FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS m (cause, tenant_id, idempotency_key, provider_event_id)
            WHERE c.cause = m.cause AND c.tenant_id = m.tenant_id AND c.status <> 3
            RETURNING c.case_id, c.tenant_id, c.last_entry, m.idempotency_key, m.provider_event_id
        )
        INSERT INTO exception_entries (case_id, tenant_id, entry_number, action, entered_at, comment, idempotency_key, provider_event_id)
        SELECT case_id, tenant_id, last_entry, 6, $5, 'MENDED_BY_EVENT', idempotency_key, provider_event_id
        FROM closed
        """;

    /// <summary>
    /// New cases, of which some were mended in the same batch ($25, $26: by what), and open ones that are brought up to date. A
    /// dispute's deadline is that of its latest event; no other case's moves.
    /// </summary>
    private const string RaisedSql =
        """
        WITH raised AS (
            SELECT *
            FROM unnest(
                $1::text[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::text[], $10::text[],
                $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::bytea[],
                $21::bigint[], $22::text[], $23::text[], $24::boolean[], $25::text[], $26::text[])
                AS r (case_id, tenant_id, cause, kind, reason, owner_lane, exception_path, due_at, channel, order_ref,
                      reservation_numbers, provider, account, payment_object_id, provider_event_id, dispute_id, sku, location_id, missing_fields, stock_snapshot,
                      occurrences, idempotency_key, opening_event_id, is_mended, mending_key, mending_event_id)
        ), written AS (
            INSERT INTO exception_cases AS c (
                case_id, tenant_id, cause, kind, reason, status, version, last_entry, occurrences, owner_lane, exception_path, opened_at, updated_at,
                due_at, resolved_at, disposition, channel, order_ref, reservation_numbers, provider, account, payment_object_id, provider_event_id,
                dispute_id, sku, location_id, missing_fields, stock_snapshot)
            SELECT case_id, tenant_id, cause, kind, reason, CASE WHEN is_mended THEN 3 ELSE 1 END, CASE WHEN is_mended THEN 2 ELSE 1 END,
                   CASE WHEN is_mended THEN 2 ELSE 1 END, occurrences, owner_lane, exception_path, $27, $27,
                   due_at, CASE WHEN is_mended THEN $27 END, CASE WHEN is_mended THEN 1 END, channel, order_ref,
                   string_to_array(reservation_numbers, ',')::bigint[], provider, account, payment_object_id, provider_event_id,
                   dispute_id, sku, location_id, string_to_array(missing_fields, ','), stock_snapshot
            FROM raised
            ON CONFLICT (cause, tenant_id) WHERE status <> 3 DO UPDATE SET
                reason = excluded.reason, version = c.version + 1, occurrences = c.occurrences + excluded.occurrences, updated_at = excluded.updated_at,
                due_at = CASE WHEN c.kind = 10 THEN excluded.due_at ELSE c.due_at END,
                reservation_numbers = excluded.reservation_numbers, provider_event_id = excluded.provider_event_id,
                missing_fields = excluded.missing_fields
            RETURNING c.case_id, c.tenant_id
        )
        INSERT INTO exception_entries (case_id, tenant_id, entry_number, action, entered_at, comment, idempotency_key, provider_event_id)
        SELECT r.case_id, r.tenant_id, 1, 1, $27, r.reason, r.idempotency_key, r.opening_event_id
        FROM written w
        JOIN raised r ON r.case_id = w.case_id AND r.tenant_id = w.tenant_id
        UNION ALL
        SELECT r.case_id, r.tenant_id, 2, 6, $27, 'MENDED_BY_EVENT', r.mending_key, r.mending_event_id
        FROM raised r
        WHERE r.is_mended
        """;
}
