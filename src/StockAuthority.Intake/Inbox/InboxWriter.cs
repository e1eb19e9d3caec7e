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
        await using var insert = _database.CreateCommand(InsertSql);
        insert.Parameters.Add(new() { Value = Array.ConvertAll(rows, row => Guid.CreateVersion7(row.Webhook.ReceivedAt)) });
        insert.Parameters.Add(new() { Value = Array.ConvertAll(rows, row => row.Webhook.TenantId) });
        insert.Parameters.Add(new() { Value = Array.ConvertAll(rows, row => row.Webhook.Provider) });
        insert.Parameters.Add(new() { Value = Array.ConvertAll(rows, row => row.Webhook.Account) });
        insert.Parameters.Add(new() { Value = Array.ConvertAll(rows, row => row.Webhook.ReceivedAt) });
        insert.Parameters.Add(new() { Value = Array.ConvertAll(rows, row => JsonSerializer.Serialize(row.Webhook.Headers)) });
        insert.Parameters.Add(new() { Value = Array.ConvertAll(rows, row => row.Webhook.Body) });
        insert.Parameters.Add(new NpgsqlParameter<DateTimeOffset?[]> { TypedValue = Array.ConvertAll(rows, row => row.SignedAt), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        insert.Parameters.Add(new() { Value = Array.ConvertAll(rows, row => row.SecretPosition) });
        insert.Parameters.Add(new() { Value = Array.ConvertAll(rows, row => row.Position) });
        insert.Parameters.Add(new() { Value = Array.ConvertAll(rows, row => row.Webhook.EventId), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }
}
