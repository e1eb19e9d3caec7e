using Npgsql;

namespace StockAuthority.Connectors.Webhook.Subscriptions;

/// <summary>How each subscriber is: enabled or not and why, and since when it fails.</summary>
internal sealed class SubscriptionStates(NpgsqlDataSource database, TimeProvider clock)
{
    private const string SucceededSql =
        """
        UPDATE webhooks.subscriptions SET failing_since = NULL, consecutive_failures = 0, last_success_at = $2, paused_until = NULL WHERE subscriber = $1
        """;

    private const string FailedSql =
        """
        UPDATE webhooks.subscriptions SET failing_since = coalesce(failing_since, $2), consecutive_failures = consecutive_failures + 1
        WHERE subscriber = $1
        RETURNING failing_since
        """;

    private const string PauseSql = "UPDATE webhooks.subscriptions SET paused_until = greatest(paused_until, $2) WHERE subscriber = $1";

    private const string DisableSql =
        """
        UPDATE webhooks.subscriptions SET enabled = false, disabled_at = $2, disabled_reason = $3 WHERE subscriber = $1 AND enabled
        """;

    public Task SucceededAsync(string subscriber, CancellationToken cancellationToken) => ExecuteAsync(SucceededSql, cancellationToken, subscriber, clock.GetUtcNow());

    /// <returns>Since when it fails.</returns>
    public async Task<DateTimeOffset> FailedAsync(string subscriber, CancellationToken cancellationToken)
    {
        await using var command = Command(FailedSql, subscriber, clock.GetUtcNow());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? await reader.GetFieldValueAsync<DateTimeOffset>(0, cancellationToken)
            : throw new InvalidOperationException($"{subscriber} has a message and no subscription.");
    }

    public Task PauseAsync(string subscriber, DateTimeOffset until, CancellationToken cancellationToken) => ExecuteAsync(PauseSql, cancellationToken, subscriber, until);

    public async Task<bool> DisableAsync(string subscriber, string reason, CancellationToken cancellationToken) =>
        await ExecuteAsync(DisableSql, cancellationToken, subscriber, clock.GetUtcNow(), reason) > 0;

    private async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
