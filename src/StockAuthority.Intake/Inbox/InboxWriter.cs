using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace StockAuthority.Intake.Inbox;

internal sealed partial class InboxWriter(NpgsqlDataSource database)
{
    /// <summary>Returns once the row is committed.</summary>
    public async Task StoreAsync(VerifiedWebhook webhook, CancellationToken cancellationToken)
    {
        await using var insert = database.CreateCommand(InsertSql);
        insert.Parameters.Add(new() { Value = webhook.InboxId });
        insert.Parameters.Add(new() { Value = webhook.TenantId });
        insert.Parameters.Add(new() { Value = webhook.Provider });
        insert.Parameters.Add(new() { Value = webhook.Account });
        insert.Parameters.Add(new() { Value = webhook.ReceivedAt });
        insert.Parameters.Add(new() { Value = JsonSerializer.Serialize(webhook.Headers), NpgsqlDbType = NpgsqlDbType.Jsonb });
        insert.Parameters.Add(new() { Value = webhook.Body });
        insert.Parameters.Add(new() { Value = webhook.SignedAt });
        insert.Parameters.Add(new() { Value = webhook.SecretPosition });
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }
}
