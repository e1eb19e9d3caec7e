using Npgsql;
using NpgsqlTypes;

namespace StockAuthority.Cli.Webhook;

/// <param name="Enabled">Whether it is sent messages.</param>
/// <param name="FailingSince">The first failure since the last success.</param>
internal sealed record SubscriberState(
    string Subscriber, bool Enabled, DateTimeOffset? DisabledAt, string? DisabledReason, DateTimeOffset? FailingSince, DateTimeOffset? LastSuccessAt,
    DateTimeOffset? PausedUntil, long Pending);

internal sealed record DeliveryEntry(
    string MessageId, string Subscriber, string EventType, string Sku, string LocationId, long Version, string Status, int Attempts,
    DateTimeOffset StoredAt, DateTimeOffset? LastAttemptAt, int? LastStatus, string? LastError, string? Response, DateTimeOffset? NextAttemptAt);

/// <param name="Redelivered">Will be sent again.</param>
/// <param name="Pending">Are still to be sent anyway.</param>
/// <param name="OutOfDate">Left alone: a newer version of the level has been stored since, and no subscriber gets an older one after it.</param>
internal sealed record Redelivery(long Redelivered, long Pending, long OutOfDate);

/// <summary>The webhook connector's schema, as people look at it. The connector notices within its poll interval what is changed here.</summary>
internal sealed class WebhookDatabase(NpgsqlDataSource database, TimeProvider clock)
{
    private const string SubscribersSql =
        """
        SELECT s.subscriber, s.enabled, s.disabled_at, s.disabled_reason, s.failing_since, s.last_success_at, s.paused_until,
            (SELECT count(*) FROM webhooks.messages AS m WHERE m.subscriber = s.subscriber AND m.status = 'pending')
        FROM webhooks.subscriptions AS s
        ORDER BY s.subscriber
        """;

    private const string DeliveriesSql =
        """
        SELECT message_id, subscriber, event_type, sku, location_id, version, status, attempt_count, stored_at, last_attempt_at, last_status, last_error, response_excerpt,
            CASE WHEN status = 'pending' THEN due_at END
        FROM webhooks.messages
        WHERE ($1::text IS NULL OR subscriber = $1) AND ($2::text IS NULL OR status = $2)
        ORDER BY message_number DESC
        LIMIT $3
        """;

    private const string RangeSql =
        """
        SELECT count(DISTINCT message_id), count(DISTINCT subscriber) FROM webhooks.messages WHERE message_id IN ($1, $2)
        """;

    private const string RedeliverSql =
        """
        WITH bounds AS (
            SELECT min(subscriber) AS subscriber, min(message_number) AS first, max(message_number) AS last FROM webhooks.messages WHERE message_id IN ($1, $2)),
        wanted AS (
            SELECT m.message_id, m.status, m.version = v.stored_version AS newest
            FROM bounds
            JOIN webhooks.messages AS m ON m.subscriber = bounds.subscriber AND m.message_number BETWEEN bounds.first AND bounds.last
            JOIN webhooks.level_versions AS v ON v.subscriber = m.subscriber AND v.tenant_id = m.tenant_id AND v.sku = m.sku AND v.location_id = m.location_id),
        redelivered AS (
            UPDATE webhooks.messages SET status = 'pending', due_at = $3, attempt_count = 0, first_attempt_at = NULL, finished_at = NULL, leased_until = NULL
            FROM wanted
            WHERE messages.message_id = wanted.message_id AND wanted.newest AND messages.status <> 'pending'
            RETURNING messages.message_id)
        SELECT (SELECT count(*) FROM redelivered), count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status <> 'pending' AND NOT newest) FROM wanted
        """;

    private const string EnableSql =
        """
        WITH enabled AS (
            UPDATE webhooks.subscriptions SET enabled = true, disabled_at = NULL, disabled_reason = NULL, failing_since = NULL, consecutive_failures = 0, paused_until = NULL
            WHERE subscriber = $1
            RETURNING subscriber),
        due AS (
            UPDATE webhooks.messages SET due_at = $2, attempt_count = 0, first_attempt_at = NULL
            FROM enabled
            WHERE messages.subscriber = enabled.subscriber AND messages.status = 'pending' AND (messages.leased_until IS NULL OR messages.leased_until <= $2))
        SELECT count(*) FROM enabled
        """;

    public async Task<IReadOnlyList<SubscriberState>> SubscribersAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(SubscribersSql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var subscribers = new List<SubscriberState>();
        while (await reader.ReadAsync(cancellationToken))
        {
            subscribers.Add(new SubscriberState(
                reader.GetString(0), reader.GetBoolean(1), Time(reader, 2), Text(reader, 3), Time(reader, 4), Time(reader, 5), Time(reader, 6), reader.GetInt64(7)));
        }

        return subscribers;
    }

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<DeliveryEntry>> DeliveriesAsync(string? subscriber, string? status, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(DeliveriesSql);
        command.Parameters.Add(new() { Value = (object?)subscriber ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)status ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var deliveries = new List<DeliveryEntry>();
        while (await reader.ReadAsync(cancellationToken))
        {
            deliveries.Add(new DeliveryEntry(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetInt64(5), reader.GetString(6), reader.GetInt32(7),
                reader.GetFieldValue<DateTimeOffset>(8), Time(reader, 9), reader.IsDBNull(10) ? null : reader.GetInt32(10), Text(reader, 11), Text(reader, 12), Time(reader, 13)));
        }

        return deliveries;
    }

    /// <summary>Has the messages from the first to the last, of one subscriber, sent again under their ids.</summary>
    /// <returns>Null where the ids are not in the log, or are two subscribers'.</returns>
    public async Task<Redelivery?> RedeliverAsync(string firstId, string lastId, CancellationToken cancellationToken)
    {
        await using var range = database.CreateCommand(RangeSql);
        range.Parameters.Add(new() { Value = firstId });
        range.Parameters.Add(new() { Value = lastId });
        await using (var found = await range.ExecuteReaderAsync(cancellationToken))
        {
            if (!await found.ReadAsync(cancellationToken) || found.GetInt64(0) != (firstId == lastId ? 1 : 2) || found.GetInt64(1) != 1)
            {
                return null;
            }
        }

        await using var command = database.CreateCommand(RedeliverSql);
        command.Parameters.Add(new() { Value = firstId });
        command.Parameters.Add(new() { Value = lastId });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new Redelivery(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    /// <summary>Takes a subscriber up again; what waited for it is due at once.</summary>
    public async Task<bool> EnableAsync(string subscriber, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(EnableSql);
        command.Parameters.Add(new() { Value = subscriber });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))! > 0;
    }

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<DateTimeOffset>(ordinal);

    private static string? Text(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);
}
