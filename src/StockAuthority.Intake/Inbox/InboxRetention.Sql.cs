namespace StockAuthority.Intake.Inbox;

internal sealed partial class InboxRetention
{
    // Pending rows stay, however old: they have not become a stock action or a no-op yet.
    private const string DeleteSql =
        """
        DELETE FROM inbox
        WHERE (inbox_id, tenant_id) IN (
            SELECT inbox_id, tenant_id FROM inbox
            WHERE received_at < $1 AND status <> 'pending'
            ORDER BY received_at
            LIMIT $2)
        """;
}
