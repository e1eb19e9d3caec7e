namespace StockAuthority.Intake.Dispatch;

internal sealed partial class InboxQueue
{
    private const string ClaimSql =
        """
        WITH claimed AS (
            UPDATE inbox SET claimed_until = $2, attempt_count = attempt_count + 1
            WHERE (inbox_id, tenant_id) IN (
                SELECT inbox_id, tenant_id FROM inbox
                WHERE status = 'pending' AND due_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
                ORDER BY due_at
                LIMIT $3
                FOR UPDATE SKIP LOCKED)
            RETURNING inbox_id, tenant_id, provider, account, received_at, attempt_count, item_position, replay_count,
                completion, completion_problem, report_cursor
        )
        SELECT claimed.inbox_id, claimed.tenant_id, provider, account, received_at, stored.body, attempt_count, item_position, replay_count,
            completion, completion_problem, report_cursor
        FROM claimed
        CROSS JOIN LATERAL (
            SELECT body FROM inbox_bodies
            WHERE inbox_bodies.inbox_id = claimed.inbox_id AND inbox_bodies.tenant_id = claimed.tenant_id
            OFFSET 0
        ) AS stored
        """;

    // Not finished is pending, and keeps the planner from the index of what is due: see ConnectionStrings.PlanForQueues.
    private const string FinishSql =
        """
        UPDATE inbox SET status = finished.status, resolution = finished.resolution, reason = finished.reason, finished_at = $6, last_error = NULL
        FROM (SELECT unnest($1) AS inbox_id, unnest($2) AS tenant_id, unnest($3) AS status, unnest($4) AS resolution, unnest($5) AS reason) AS finished
        WHERE inbox.inbox_id = finished.inbox_id AND inbox.tenant_id = finished.tenant_id AND inbox.finished_at IS NULL
        """;

    private const string ReplaySql =
        """
        UPDATE inbox SET status = 'pending', due_at = $2, claimed_until = NULL, replay_count = replay_count + 1, attempt_count = 0,
            resolution = NULL, reason = NULL, finished_at = NULL, last_error = NULL, completion_problem = NULL
        WHERE inbox_id = ANY($1) AND status <> 'pending'
        """;

    // Two replicas can hold one row after a lease ran out: whoever stores first has completed it for both.
    private const string CompleteSql =
        """
        UPDATE inbox SET
            completion = CASE WHEN completion IS NULL AND completion_problem IS NULL THEN $3 ELSE completion END,
            completion_problem = CASE WHEN completion IS NULL AND completion_problem IS NULL THEN $4 ELSE completion_problem END,
            event_id = coalesce($5, event_id)
        WHERE inbox_id = $1 AND tenant_id = $2
        RETURNING completion, completion_problem
        """;

    // The lease goes on while parts come, and attempts that bring one are not counted. Locks the row: of two replicas that hold
    // it, after a lease ran out, the second finds another cursor and stops.
    private const string AdvanceReportSql =
        """
        UPDATE inbox SET report_cursor = $4, report_line_count = report_line_count + $5, claimed_until = $6, attempt_count = 0,
            completion = CASE WHEN $4::text IS NULL THEN convert_to(jsonb_build_object('report_line_count', report_line_count + $5)::text, 'UTF8') END
        WHERE inbox_id = $1 AND tenant_id = $2 AND report_cursor IS NOT DISTINCT FROM $3 AND completion IS NULL AND finished_at IS NULL
        RETURNING completion
        """;

    private const string DeferSql =
        """
        UPDATE inbox SET due_at = $3, claimed_until = NULL, last_error = $4
        WHERE inbox_id = $1 AND tenant_id = $2 AND finished_at IS NULL
        """;
}
