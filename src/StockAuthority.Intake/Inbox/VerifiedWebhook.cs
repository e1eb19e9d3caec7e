namespace StockAuthority.Intake.Inbox;

/// <summary>A webhook whose signature was good, as it came.</summary>
internal sealed record VerifiedWebhook(
    Guid InboxId,
    string TenantId,
    string Provider,
    string Account,
    DateTimeOffset ReceivedAt,
    IReadOnlyDictionary<string, string> Headers,
    byte[] Body,
    DateTimeOffset SignedAt,
    int SecretPosition);
