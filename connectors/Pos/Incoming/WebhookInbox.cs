using Npgsql;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>Square's webhooks as they came. What they say is not booked: each is a reason to read Square's list of changes.</summary>
internal sealed partial class WebhookInbox(NpgsqlDataSource database, ConnectorOptions connector)
{
    /// <summary>Returns once it is committed.</summary>
    /// <returns>False where it was there already.</returns>
    public async Task<bool> StoreAsync(string eventId, string eventType, byte[] body, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var store = Command(StoreSql, eventId, connector.Consumer, connector.TenantId, eventType, body, now);
        return await store.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>The list was read from a moment on that is not before they came.</summary>
    public async Task HandledAsync(DateTimeOffset readFrom, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var handled = Command(HandledSql, connector.Consumer, connector.TenantId, readFrom, now);
        await handled.ExecuteNonQueryAsync(cancellationToken);
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
