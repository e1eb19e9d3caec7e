using Npgsql;
using NpgsqlTypes;

namespace StockAuthority.Connectors.Webhook.Messages;

/// <summary>
/// The messages as the dispatcher sees them. A claim is a lease and not a lock: no transaction is open while a subscriber is called, and
/// what a dead process had claimed comes up again when its lease ends. Of one level only one message is out at a time, and never
/// one that is older than another that waits: that is how a subscriber gets no older version after a newer one.
/// </summary>
internal sealed partial class MessageQueue(NpgsqlDataSource database, WebhookOptions options, TimeProvider clock)
{
    /// <summary>Longer than an attempt and its record can take; so long a level waits whose sender was killed.</summary>
    private TimeSpan Lease => options.AttemptTimeout + TimeSpan.FromSeconds(5);

    public async Task<IReadOnlyList<ClaimedMessage>> ClaimAsync(string subscriber, int most, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var claim = Command(ClaimSql, subscriber, now, now + Lease, most);
        await using var reader = await claim.ExecuteReaderAsync(cancellationToken);
        var claimed = new List<ClaimedMessage>();
        while (await reader.ReadAsync(cancellationToken))
        {
            claimed.Add(new ClaimedMessage(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4),
                await reader.GetFieldValueAsync<byte[]>(5, cancellationToken), reader.GetInt32(6), await reader.GetFieldValueAsync<DateTimeOffset>(7, cancellationToken),
                await reader.GetFieldValueAsync<DateTimeOffset>(8, cancellationToken)));
        }

        return claimed;
    }

    /// <summary>Ends the claim: the message was taken.</summary>
    public async Task DeliveredAsync(string subscriber, ClaimedMessage message, int status, string? excerpt, CancellationToken cancellationToken)
    {
        await using var command = Command(DeliveredSql, subscriber, message.MessageId, clock.GetUtcNow(), status, Text(excerpt), message.TenantId, message.Sku, message.LocationId, message.Version);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Ends the claim: it is tried again then, unless a newer one waits or it has been tried for too long.</summary>
    /// <param name="dueAt">When it is tried again.</param>
    /// <param name="givenUp">It is not.</param>
    public async Task FailedAsync(
        string subscriber, ClaimedMessage message, int? status, string? error, string? excerpt, DateTimeOffset dueAt, bool givenUp, CancellationToken cancellationToken)
    {
        await using var command = Command(
            FailedSql, subscriber, message.MessageId, clock.GetUtcNow(), Number(status), Text(error), Text(excerpt), dueAt, givenUp,
            message.TenantId, message.Sku, message.LocationId, message.Version);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        }

        return command;
    }

    private static NpgsqlParameter Text(string? text) => new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<int?> Number(int? number) => new() { TypedValue = number, NpgsqlDbType = NpgsqlDbType.Integer };
}
