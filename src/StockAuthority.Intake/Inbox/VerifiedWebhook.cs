using StockAuthority.Intake.Providers;

namespace StockAuthority.Intake.Inbox;

/// <summary>A webhook whose signatures were good, as it came: one verdict for each event in its body.</summary>
internal sealed record VerifiedWebhook(
    string TenantId,
    string Provider,
    string Account,
    DateTimeOffset ReceivedAt,
    IReadOnlyDictionary<string, string> Headers,
    byte[] Body,
    IReadOnlyList<SignatureVerdict.Verified> Verdicts);
