using Npgsql;
using StockAuthority.Connectors.Webhook.Messages;

namespace StockAuthority.Connectors.Webhook.Subscriptions;

/// <summary>How a subscriber is: from the database, so that every instance says the same.</summary>
/// <param name="Waiting">Messages that it has not got yet.</param>
/// <param name="OldestStoredAt">Since when the oldest of them waits; null where none does.</param>
internal sealed record SubscriberStatus(string Subscriber, bool Enabled, long Waiting, DateTimeOffset? OldestStoredAt);

/// <summary>Looks now and then how the configured subscribers are, for the metrics.</summary>
internal sealed partial class SubscriberWatch(
    NpgsqlDataSource database, WebhookMigration migration, WebhookOptions options, WebhookMetrics metrics, TimeProvider clock, ILogger<SubscriberWatch> logger) : BackgroundService
{
    private const string StatusSql =
        """
        SELECT s.subscriber, s.enabled, count(m.message_id), min(m.stored_at)
        FROM webhooks.subscriptions AS s
        LEFT JOIN webhooks.messages AS m ON m.subscriber = s.subscriber AND m.status = 'pending'
        WHERE s.subscriber = ANY($1)
        GROUP BY s.subscriber, s.enabled
        """;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migration.Done.WaitAsync(stoppingToken);
        while (true)
        {
            try
            {
                metrics.Subscribers(await ReadAsync(stoppingToken));
            }
            catch (NpgsqlException failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotRead(failure);
            }

            await Task.Delay(Interval, clock, stoppingToken);
        }
    }

    private async Task<IReadOnlyList<SubscriberStatus>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(StatusSql);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. options.Subscribers.Select(subscriber => subscriber.Name)] });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<SubscriberStatus>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(new SubscriberStatus(
                reader.GetString(0), reader.GetBoolean(1), reader.GetInt64(2),
                await reader.IsDBNullAsync(3, cancellationToken) ? null : await reader.GetFieldValueAsync<DateTimeOffset>(3, cancellationToken)));
        }

        return found;
    }

    [LoggerMessage(LogLevel.Warning, "How the subscribers are cannot be read; trying again")]
    private partial void LogNotRead(Exception failure);
}
