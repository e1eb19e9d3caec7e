namespace StockAuthority.Intake.Inbox;

internal sealed partial class InboxRetention
{
    // Pending rows stay, however old: they have not become a stock action or a no-op yet. Ids begin with the milliseconds of their receipt
    // (UUID version 7), so nothing beyond those of the bound is looked at.
    private const string DeleteSql =
        """
        WITH expired AS MATERIALIZED (
            SELECT inbox_id, tenant_id FROM inbox
            WHERE inbox_id < rpad(lpad(to_hex((extract(epoch FROM $1::timestamptz) * 1000)::bigint), 12, '0'), 32, '0')::uuid AND status <> 'pending'
            ORDER BY inbox_id
            LIMIT $2
        ), bodies AS (
            DELETE FROM inbox_bodies USING expired WHERE inbox_bodies.inbox_id = expired.inbox_id AND inbox_bodies.tenant_id = expired.tenant_id
        )
        DELETE FROM inbox USING expired WHERE inbox.inbox_id = expired.inbox_id AND inbox.tenant_id = expired.tenant_id
        """;
}
