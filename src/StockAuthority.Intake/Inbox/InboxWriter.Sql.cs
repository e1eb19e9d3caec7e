namespace StockAuthority.Intake.Inbox;

internal sealed partial class InboxWriter
{
    private const string InsertSql =
        """
        INSERT INTO inbox (inbox_id, tenant_id, provider, account, received_at, headers, body, verdict, signed_at, secret_position, due_at, item_position, event_id)
        SELECT unnest($1), unnest($2), unnest($3), unnest($4), unnest($5), unnest($6)::jsonb, unnest($7), 'signature_verified', unnest($8), unnest($9), unnest($5),
            unnest($10), unnest($11)
        """;
}
