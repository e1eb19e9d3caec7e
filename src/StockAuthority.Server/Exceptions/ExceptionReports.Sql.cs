namespace StockAuthority.Server.Exceptions;

internal sealed partial class ExceptionReports
{
    private const string LevelSql =
        """
        SELECT available, reserved, committed, inspection, damaged, in_transit, shortfall, version, sequence
        FROM stock_levels
        WHERE sku = $1 AND location_id = $2 AND tenant_id = $3
        """;

    /// <summary>The case that was closed last, where what is reported was seen before its latest observation.</summary>
    private const string OverSql =
        $"""
        SELECT {ExceptionCaseRow.Columns}
        FROM exception_cases c
        WHERE c.cause = $1 AND c.tenant_id = $2 AND c.kind >= 20 AND c.status = 3 AND c.observed_at >= $3
          AND NOT EXISTS (SELECT FROM exception_cases WHERE cause = $1 AND tenant_id = $2 AND status <> 3)
        ORDER BY c.opened_at DESC
        LIMIT 1
        """;

    /// <summary>Nothing comes back where there is no such tenant. An older observation counts, and replaces none that is newer.</summary>
    private const string ReportSql =
        $"""
        WITH reported AS (
            INSERT INTO exception_cases AS c (
                case_id, tenant_id, cause, kind, reason, status, version, last_entry, occurrences, owner_lane, opened_at, updated_at, due_at,
                channel, order_ref, reservation_numbers, sku, location_id, reference, missing_fields, observed_at, stock_snapshot, evidence)
            SELECT $1, $2, $3, $4, $5, 1, 1, 1, 1, $6, $7, $7, $8, $9, $10, ARRAY[]::bigint[], $11, $12, $13, ARRAY[]::text[], $14, $15, $16
            FROM tenants
            WHERE tenant_id = $2
            ON CONFLICT (cause, tenant_id) WHERE status <> 3 DO UPDATE SET
                occurrences = c.occurrences + 1, updated_at = excluded.updated_at,
                reason = CASE WHEN excluded.observed_at >= c.observed_at THEN excluded.reason ELSE c.reason END,
                evidence = CASE WHEN excluded.observed_at >= c.observed_at THEN excluded.evidence ELSE c.evidence END,
                observed_at = greatest(c.observed_at, excluded.observed_at),
                replay_requested_at = CASE WHEN excluded.observed_at < c.replay_requested_at THEN c.replay_requested_at END
            RETURNING *
        ), entered AS (
            INSERT INTO exception_entries (case_id, tenant_id, entry_number, action, actor, entered_at, comment)
            SELECT case_id, tenant_id, 1, 1, $17, $7, reason FROM reported WHERE case_id = $1
        )
        SELECT {ExceptionCaseRow.Columns} FROM reported c
        """;

    private const string MendedSql =
        $"""
        WITH mended AS (
            UPDATE exception_cases
            SET status = 3, disposition = 2, version = version + 1, last_entry = last_entry + 1, updated_at = $4, resolved_at = $4,
                observed_at = $3, replay_requested_at = NULL
            WHERE cause = $1 AND tenant_id = $2 AND status <> 3 AND observed_at <= $3
            RETURNING *
        ), entered AS (
            INSERT INTO exception_entries (case_id, tenant_id, entry_number, action, actor, entered_at, comment)
            SELECT case_id, tenant_id, last_entry, 6, $5, $4, $6 FROM mended
        )
        SELECT {ExceptionCaseRow.Columns} FROM mended c
        """;
}
