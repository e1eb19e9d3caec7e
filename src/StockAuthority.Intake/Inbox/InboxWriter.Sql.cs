namespace StockAuthority.Intake.Inbox;

internal sealed partial class InboxWriter
{
    private const string InsertSql =
        """
        INSERT INTO inbox (inbox_id, tenant_id, provider, account, received_at, headers, body, verdict, signed_at, secret_position, due_at, item_position, event_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'signature_verified', $8, $9, $5, $10, $11)
        """;
}
