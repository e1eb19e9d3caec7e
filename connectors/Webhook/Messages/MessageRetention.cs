using Npgsql;
using StockAuthority.Database;

namespace StockAuthority.Connectors.Webhook.Messages;

/// <summary>How long finished messages stay.</summary>
internal sealed class MessageRetention(NpgsqlDataSource database, WebhookMigration migration, WebhookOptions options, TimeProvider clock, ILogger<MessageRetention> logger)
    : RowRetention(database, migration, DeleteSql, options.Retention, clock, logger)
{
    // Pending ones stay, however old: they are what a subscriber that is away has still to be told.
    private const string DeleteSql =
        """
        DELETE FROM webhooks.messages
        WHERE message_id IN (SELECT message_id FROM webhooks.messages WHERE status <> 'pending' AND finished_at < $1 ORDER BY finished_at LIMIT $2)
        """;
}
