namespace StockAuthority.Connectors.Webhook.Messages;

internal sealed partial class MessageQueue
{
    private const string ClaimSql =
        """
        UPDATE webhooks.messages SET due_at = $3, leased_until = $3, attempt_count = attempt_count + 1,
            first_attempt_at = coalesce(first_attempt_at, $2), last_attempt_at = $2
        WHERE message_id IN (
            SELECT message_id FROM webhooks.messages AS due
            WHERE subscriber = $1 AND status = 'pending' AND due_at <= $2
                AND EXISTS (SELECT FROM webhooks.subscriptions AS s WHERE s.subscriber = $1 AND s.enabled AND (s.paused_until IS NULL OR s.paused_until <= $2))
                AND NOT EXISTS (
                    SELECT FROM webhooks.messages AS other
                    WHERE other.subscriber = due.subscriber AND other.tenant_id = due.tenant_id AND other.sku = due.sku AND other.location_id = due.location_id
                        AND other.status = 'pending' AND other.message_id <> due.message_id
                        AND (other.leased_until > $2 OR other.version > due.version))
            ORDER BY due_at, message_number
            LIMIT $4
            FOR UPDATE SKIP LOCKED)
        RETURNING message_id, tenant_id, sku, location_id, version, body, attempt_count, first_attempt_at, stored_at
        """;

    // An older one whose sender died while it was out has nothing to say any more. Not finished is pending: see ConnectionStrings.PlanForQueues.
    private const string DeliveredSql =
        """
        WITH known AS (
            UPDATE webhooks.level_versions SET delivered_version = greatest(delivered_version, $9)
            WHERE subscriber = $1 AND tenant_id = $6 AND sku = $7 AND location_id = $8),
        older AS (
            UPDATE webhooks.messages SET status = 'superseded', finished_at = $3, leased_until = NULL
            WHERE subscriber = $1 AND tenant_id = $6 AND sku = $7 AND location_id = $8 AND status = 'pending' AND version < $9)
        UPDATE webhooks.messages SET status = 'delivered', finished_at = $3, leased_until = NULL, last_status = $4, last_error = NULL, response_excerpt = $5
        WHERE message_id = $2 AND finished_at IS NULL
        """;

    private const string FailedSql =
        """
        WITH newer AS (
            SELECT EXISTS (
                SELECT FROM webhooks.messages
                WHERE subscriber = $1 AND tenant_id = $9 AND sku = $10 AND location_id = $11 AND status = 'pending' AND version > $12) AS waits)
        UPDATE webhooks.messages SET
            status = CASE WHEN newer.waits THEN 'superseded' WHEN $8 THEN 'failed' ELSE 'pending' END,
            finished_at = CASE WHEN newer.waits OR $8 THEN $3 END,
            due_at = $7, leased_until = NULL, last_status = $4, last_error = $5, response_excerpt = $6
        FROM newer
        WHERE message_id = $2 AND finished_at IS NULL
        """;
}
