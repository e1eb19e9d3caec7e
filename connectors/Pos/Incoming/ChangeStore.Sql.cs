namespace StockAuthority.Connectors.Pos.Incoming;

internal sealed partial class ChangeStore
{
    private const string BeginSql =
        """
        WITH begun AS (
            INSERT INTO square.pulls (consumer, tenant_id, since_at, pulled_through_at) VALUES ($1, $2, $3, $3)
            ON CONFLICT DO NOTHING
            RETURNING since_at, pulled_through_at)
        SELECT since_at, pulled_through_at FROM begun
        UNION ALL
        SELECT since_at, pulled_through_at FROM square.pulls WHERE consumer = $1 AND tenant_id = $2
        LIMIT 1
        """;

    private const string StoreSql =
        """
        INSERT INTO square.changes (change_id, consumer, tenant_id, change_type, catalog_object_id, location_id, occurred_at, created_at, body, stored_at, due_at)
        SELECT change_id, $1, $2, change_type, catalog_object_id, location_id, occurred_at, created_at, body, $3, $3
        FROM unnest($4, $5, $6, $7, $8, $9, $10) AS listed (change_id, change_type, catalog_object_id, location_id, occurred_at, created_at, body)
        ON CONFLICT DO NOTHING
        """;

    private const string AdvanceSql =
        "UPDATE square.pulls SET pulled_through_at = greatest(pulled_through_at, $3) WHERE consumer = $1 AND tenant_id = $2";

    // Refused ones come up again by themselves, each time as a new request.
    private const string ClaimSql =
        """
        WITH due AS (
            SELECT change_id FROM square.changes
            WHERE consumer = $1 AND tenant_id = $2 AND due_at <= $3 AND status IN ('pending', 'refused')
            ORDER BY occurred_at, change_id
            LIMIT $5
            FOR UPDATE SKIP LOCKED),
        claimed AS (
            UPDATE square.changes AS c SET due_at = $4, attempt_count = attempt_count + 1,
                retry_count = retry_count + (status = 'refused')::integer, status = 'pending', reason = NULL, finished_at = NULL
            FROM due
            WHERE c.change_id = due.change_id AND c.consumer = $1 AND c.tenant_id = $2
            RETURNING c.change_id, c.body, c.attempt_count, c.retry_count, c.done_count, c.occurred_at, c.catalog_object_id, c.location_id)
        SELECT body, attempt_count, retry_count, done_count, EXISTS (
            SELECT FROM square.changes AS counted
            WHERE counted.consumer = $1 AND counted.tenant_id = $2 AND counted.catalog_object_id = claimed.catalog_object_id AND counted.location_id = claimed.location_id
                AND counted.change_type = 'PHYSICAL_COUNT' AND counted.status = 'booked' AND counted.occurred_at > claimed.occurred_at)
        FROM claimed
        ORDER BY occurred_at, change_id
        """;

    // Not finished is pending: see ConnectionStrings.PlanForQueues.
    private const string FinishSql =
        """
        UPDATE square.changes SET status = $4, reason = $5, finished_at = $6, due_at = $7, done_count = $8, last_error = NULL
        WHERE change_id = $1 AND consumer = $2 AND tenant_id = $3 AND finished_at IS NULL
        """;

    private const string DeferSql =
        "UPDATE square.changes SET due_at = $4, last_error = $5 WHERE change_id = $1 AND consumer = $2 AND tenant_id = $3 AND finished_at IS NULL";

    private const string OthersRefusedSql =
        """
        SELECT EXISTS (
            SELECT FROM square.changes
            WHERE consumer = $2 AND tenant_id = $3 AND catalog_object_id = $4 AND location_id = $5 AND change_id <> $1
                AND (status = 'refused' OR (status = 'pending' AND retry_count > 0)))
        """;
}
