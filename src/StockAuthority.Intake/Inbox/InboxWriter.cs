using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace StockAuthority.Intake.Inbox;

internal sealed partial class InboxWriter : IAsyncDisposable
{
    private readonly NpgsqlDataSource _database;
    private readonly GroupWrite<VerifiedWebhook> _writes;

    public InboxWriter(IntakeSettings settings)
    {
        // Sessions of its own: dispatching can leave receiving without one, and a pool hands them out in turn, so that each of many would
        // do a little of it with cold memory.
        _database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(settings.InboxConnectionString)
        {
            MaxPoolSize = GroupWrite<VerifiedWebhook>.Writers,

            // A group of usual size is one call to the system instead of a dozen.
            WriteBufferSize = 128 * 1024,
        });
        _writes = new(InsertAsync, webhook => webhook.Body.Length * webhook.Verdicts.Count);
    }

    /// <summary>Returns once a row for each event of the webhook is committed: all of them or none.</summary>
    public Task StoreAsync(VerifiedWebhook webhook, CancellationToken cancellationToken) => _writes.WriteAsync(webhook, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _writes.DisposeAsync();
        await _database.DisposeAsync();
    }

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
