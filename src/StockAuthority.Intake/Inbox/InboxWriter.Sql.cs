namespace StockAuthority.Intake.Inbox;

internal sealed partial class InboxWriter
{
    private const string InsertBodiesSql =
        """
        INSERT INTO inbox_bodies (inbox_id, tenant_id, headers, body)
        SELECT unnest($1), unnest($2), unnest($3)::jsonb, unnest($4)
        """;

    private const string InsertSql =
        """
        INSERT INTO inbox (inbox_id, tenant_id, provider, account, received_at, verdict, signed_at, secret_position, due_at, item_position, event_id)
        SELECT unnest($1), unnest($2), unnest($3), unnest($4), unnest($5), 'signature_verified', unnest($6), unnest($7), unnest($5), unnest($8), unnest($9)
        """;
}
