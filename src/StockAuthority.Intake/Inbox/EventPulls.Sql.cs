namespace StockAuthority.Intake.Inbox;

internal sealed partial class EventPulls
{
    // Since the first webhook that is still here, or now; an hour more, because what happened is older than its webhook.
    private const string BeginSql =
        """
        INSERT INTO event_pulls (account, provider, tenant_id, since_at, pulled_through_at, due_at)
        SELECT $1, $2, $3, since, since, $4
        FROM (
            SELECT coalesce($5, (SELECT received_at FROM inbox WHERE account = $1 AND provider = $2 AND tenant_id = $3 ORDER BY inbox_id LIMIT 1), $4) - interval '1 hour' AS since
        ) AS first
        WHERE NOT EXISTS (SELECT FROM event_pulls WHERE account = $1 AND provider = $2 AND tenant_id = $3)
        ON CONFLICT ON CONSTRAINT event_pulls_pk DO NOTHING
        """;

    private const string ClaimSql =
        """
        UPDATE event_pulls SET due_at = $5, run_id = $6
        WHERE account = $1 AND provider = $2 AND tenant_id = $3 AND due_at <= $4
        RETURNING since_at, pulled_through_at, undelivered_checked_at
        """;

    // The run's own row is locked until the page is committed: one that has lost its lease stores nothing.
    private const string ExtendSql =
        """
        UPDATE event_pulls SET due_at = $5
        WHERE account = $1 AND provider = $2 AND tenant_id = $3 AND run_id = $4
        """;

    private const string AdvanceSql =
        """
        UPDATE event_pulls SET pulled_through_at = greatest(pulled_through_at, $5), due_at = $6
        WHERE account = $1 AND provider = $2 AND tenant_id = $3 AND run_id = $4
        """;

    private const string FinishSql =
        """
        UPDATE event_pulls SET due_at = $5, run_id = NULL, undelivered_checked_at = coalesce($6, undelivered_checked_at)
        WHERE account = $1 AND provider = $2 AND tenant_id = $3 AND run_id = $4
        """;
}
