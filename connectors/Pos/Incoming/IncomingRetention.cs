using Npgsql;
using StockAuthority.Database;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>How long changes stay that are booked, or need not be. Refused ones stay until they are booked.</summary>
internal sealed class ChangeRetention(NpgsqlDataSource database, IncomingMigration migration, IncomingOptions options, TimeProvider clock, ILogger<ChangeRetention> logger)
    : RowRetention(database, migration, DeleteSql, options.Retention, clock, logger)
{
    private const string DeleteSql =
        """
        DELETE FROM square.changes
        WHERE (change_id, consumer, tenant_id) IN (
            SELECT change_id, consumer, tenant_id FROM square.changes WHERE status IN ('booked', 'nothing') AND finished_at < $1 ORDER BY finished_at LIMIT $2)
        """;
}

/// <summary>How long webhooks stay that were handled.</summary>
internal sealed class WebhookRetention(NpgsqlDataSource database, IncomingMigration migration, IncomingOptions options, TimeProvider clock, ILogger<WebhookRetention> logger)
    : RowRetention(database, migration, DeleteSql, options.Retention, clock, logger)
{
    private const string DeleteSql =
        """
        DELETE FROM square.webhooks
        WHERE (event_id, consumer, tenant_id) IN (
            SELECT event_id, consumer, tenant_id FROM square.webhooks WHERE handled_at < $1 ORDER BY handled_at LIMIT $2)
        """;
}
