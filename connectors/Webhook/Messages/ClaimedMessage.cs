namespace StockAuthority.Connectors.Webhook.Messages;

/// <summary>A message that is this process's to send until its lease ends.</summary>
/// <param name="AttemptCount">Counts this attempt too.</param>
internal sealed record ClaimedMessage(
    string MessageId, string TenantId, string Sku, string LocationId, long Version, byte[] Body, int AttemptCount, DateTimeOffset FirstAttemptAt, DateTimeOffset StoredAt);
