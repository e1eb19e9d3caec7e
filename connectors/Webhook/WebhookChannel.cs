using Npgsql;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Webhook.Delivery;
using StockAuthority.Connectors.Webhook.Messages;

namespace StockAuthority.Connectors.Webhook;

/// <summary>
/// To the runtime, the database is the channel: levels are confirmed once a message for each subscriber that wants them is committed,
/// and only then is the feed acknowledged. Sending begins there.
/// </summary>
internal sealed class WebhookChannel(MessageWriter messages, WebhookMigration migration, SubscriberSignals signals, ConnectorOptions connector) : ILevelChannel
{
    public string Name => "webhook";

    public int MaxItemsPerPush => 500;

    public async Task<PushResult> PushAsync(IReadOnlyList<LevelChange> changes, string idempotencyKey, CancellationToken cancellationToken)
    {
        if (!migration.Done.IsCompletedSuccessfully)
        {
            return new PushResult.Unavailable("DATABASE_NOT_MIGRATED", null);
        }

        try
        {
            await messages.StoreAsync(connector.TenantId, changes, cancellationToken);
        }
        catch (NpgsqlException failure)
        {
            return new PushResult.Unavailable(failure.SqlState ?? "DATABASE_NOT_REACHED", null);
        }

        signals.SetAll();
        return new PushResult.Confirmed([]);
    }

    public Task<IReadOnlyList<long?>> ReadAsync(IReadOnlyList<StockKey> keys, CancellationToken cancellationToken) =>
        messages.ReadAsync(connector.TenantId, keys, cancellationToken);
}
