using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace StockAuthority.Intake.Inbox;

internal sealed partial class InboxWriter(NpgsqlDataSource database)
{
    /// <summary>Returns once a row for each event of the webhook is committed: all of them or none.</summary>
    public async Task StoreAsync(VerifiedWebhook webhook, CancellationToken cancellationToken)
    {
        var headers = JsonSerializer.Serialize(webhook.Headers);
        await using var insert = database.CreateBatch();
        foreach (var (position, verdict) in webhook.Verdicts.Index())
        {
            insert.BatchCommands.Add(new NpgsqlBatchCommand(InsertSql)
            {
                Parameters =
                {
                    new() { Value = Guid.CreateVersion7(webhook.ReceivedAt) },
                    new() { Value = webhook.TenantId },
                    new() { Value = webhook.Provider },
                    new() { Value = webhook.Account },
                    new() { Value = webhook.ReceivedAt },
                    new() { Value = headers, NpgsqlDbType = NpgsqlDbType.Jsonb },
                    new() { Value = webhook.Body },
                    new NpgsqlParameter<DateTimeOffset?> { TypedValue = verdict.SignedAt, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                    new() { Value = verdict.SecretPosition },
                    new() { Value = position },
                    new() { Value = (object?)webhook.EventId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                },
            });
        }

        await insert.ExecuteNonQueryAsync(cancellationToken);
    }
}
