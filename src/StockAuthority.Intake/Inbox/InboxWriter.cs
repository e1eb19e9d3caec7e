using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace StockAuthority.Intake.Inbox;

internal sealed partial class InboxWriter : IAsyncDisposable
{
    private readonly NpgsqlDataSource _database;
    private readonly GroupWrite<VerifiedWebhook> _writes;

    public InboxWriter(NpgsqlDataSource database)
    {
        _database = database;
        _writes = new(InsertAsync, webhook => webhook.Body.Length * webhook.Verdicts.Count);
    }

    /// <summary>Returns once a row for each event of the webhook is committed: all of them or none.</summary>
    public Task StoreAsync(VerifiedWebhook webhook, CancellationToken cancellationToken) => _writes.WriteAsync(webhook, cancellationToken);

    public ValueTask DisposeAsync() => _writes.DisposeAsync();

    private async Task InsertAsync(IReadOnlyList<VerifiedWebhook> webhooks, CancellationToken cancellationToken)
    {
        (VerifiedWebhook Webhook, int Position, DateTimeOffset? SignedAt, int SecretPosition)[] rows =
            [.. webhooks.SelectMany(webhook => webhook.Verdicts.Select((verdict, position) => (webhook, position, verdict.SignedAt, verdict.SecretPosition)))];
        var ids = Array.ConvertAll(rows, row => Guid.CreateVersion7(row.Webhook.ReceivedAt));
        var tenants = Array.ConvertAll(rows, row => row.Webhook.TenantId);

        // One transaction, since a batch without one of its own is one.
        await using var insert = _database.CreateBatch();
        insert.BatchCommands.Add(new NpgsqlBatchCommand(InsertBodiesSql)
        {
            Parameters =
            {
                new() { Value = ids },
                new() { Value = tenants },
                new() { Value = Array.ConvertAll(rows, row => JsonSerializer.Serialize(row.Webhook.Headers)) },
                new() { Value = Array.ConvertAll(rows, row => row.Webhook.Body) },
            },
        });
        insert.BatchCommands.Add(new NpgsqlBatchCommand(InsertSql)
        {
            Parameters =
            {
                new() { Value = ids },
                new() { Value = tenants },
                new() { Value = Array.ConvertAll(rows, row => row.Webhook.Provider) },
                new() { Value = Array.ConvertAll(rows, row => row.Webhook.Account) },
                new() { Value = Array.ConvertAll(rows, row => row.Webhook.ReceivedAt) },
                new NpgsqlParameter<DateTimeOffset?[]> { TypedValue = Array.ConvertAll(rows, row => row.SignedAt), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                new() { Value = Array.ConvertAll(rows, row => row.SecretPosition) },
                new() { Value = Array.ConvertAll(rows, row => row.Position) },
                new() { Value = Array.ConvertAll(rows, row => row.Webhook.EventId), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
            },
        });
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }
}
