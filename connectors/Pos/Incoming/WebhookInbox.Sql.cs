namespace StockAuthority.Connectors.Pos.Incoming;

internal sealed partial class WebhookInbox
{
    private const string StoreSql =
        """
        INSERT INTO square.webhooks (event_id, consumer, tenant_id, event_type, body, received_at, handled_at)
        VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $4 = 'inventory.count.updated' THEN NULL ELSE $6 END)
        ON CONFLICT DO NOTHING
        """;

    private const string HandledSql =
        "UPDATE square.webhooks SET handled_at = $4 WHERE consumer = $1 AND tenant_id = $2 AND handled_at IS NULL AND received_at <= $3";
}
