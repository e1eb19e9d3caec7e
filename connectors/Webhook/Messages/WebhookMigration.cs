using StockAuthority.Database;

namespace StockAuthority.Connectors.Webhook.Messages;

/// <summary>The schema <c>webhooks</c>, in whichever database.</summary>
internal sealed class WebhookMigration(WebhookOptions options, TimeProvider clock, ILogger<WebhookMigration> logger)
    : DatabaseMigration(options.ConnectionString, "webhooks", typeof(WebhookMigration).Assembly, clock, logger);
