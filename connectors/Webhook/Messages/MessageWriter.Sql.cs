namespace StockAuthority.Connectors.Webhook.Messages;

internal sealed partial class MessageWriter
{
    private const string KnowSubscribersSql =
        """
        INSERT INTO webhooks.subscriptions (subscriber) SELECT unnest($1::text[]) ON CONFLICT ON CONSTRAINT subscriptions_pk DO NOTHING
        """;

    // The gate for everything else: what is read from the feed again finds its version stored and stops here.
    private const string AdvanceVersionsSql =
        """
        INSERT INTO webhooks.level_versions (subscriber, tenant_id, sku, location_id, stored_version, available, stored_at)
        SELECT subscriber, $1, sku, location_id, version, available, $9
        FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bytea[], $8::text[], $10::bigint[]) AS offered (subscriber, sku, location_id, version, sequence, body, message_id, available)
        ON CONFLICT ON CONSTRAINT level_versions_pk DO UPDATE SET stored_version = excluded.stored_version, available = excluded.available, stored_at = excluded.stored_at
        WHERE level_versions.stored_version < excluded.stored_version
        RETURNING subscriber, sku, location_id
        """;

    private const string ReplaceUnsentSql =
        """
        UPDATE webhooks.messages SET version = offered.version, sequence = offered.sequence, body = offered.body, stored_at = $9
        FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bytea[], $8::text[], $10::bigint[]) AS offered (subscriber, sku, location_id, version, sequence, body, message_id, available)
        WHERE messages.subscriber = offered.subscriber AND messages.tenant_id = $1 AND messages.sku = offered.sku AND messages.location_id = offered.location_id
            AND messages.status = 'pending' AND messages.last_attempt_at IS NULL
        RETURNING messages.subscriber, messages.sku, messages.location_id
        """;

    // One that is being sent is left alone: it ends by itself, and until then the newer one waits.
    private const string SupersedeSql =
        """
        UPDATE webhooks.messages SET status = 'superseded', finished_at = $9
        FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bytea[], $8::text[], $10::bigint[]) AS offered (subscriber, sku, location_id, version, sequence, body, message_id, available)
        WHERE messages.subscriber = offered.subscriber AND messages.tenant_id = $1 AND messages.sku = offered.sku AND messages.location_id = offered.location_id
            AND messages.status = 'pending' AND (messages.leased_until IS NULL OR messages.leased_until <= $9)
        RETURNING messages.subscriber, messages.sku, messages.location_id
        """;

    private const string InsertSql =
        """
        INSERT INTO webhooks.messages (message_id, subscriber, event_type, tenant_id, sku, location_id, version, sequence, body, stored_at, due_at)
        SELECT message_id, subscriber, 'stock.level.changed', $1, sku, location_id, version, sequence, body, $9, $9
        FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bytea[], $8::text[], $10::bigint[]) AS offered (subscriber, sku, location_id, version, sequence, body, message_id, available)
        RETURNING subscriber, sku, location_id
        """;

    // Of subscribers that were stored for at different times the one that was told least.
    private const string ReadSql =
        """
        SELECT DISTINCT ON (sku, location_id) sku, location_id, available
        FROM webhooks.level_versions JOIN unnest($2::text[], $3::text[]) AS asked (sku, location_id) USING (sku, location_id)
        WHERE tenant_id = $1 AND subscriber = ANY($4)
        ORDER BY sku, location_id, stored_version
        """;
}
