using StockAuthority.Intake.Providers;

namespace StockAuthority.Intake.Inbox;

/// <summary>A webhook whose signatures were good, as it came: one verdict for each event in its body.</summary>
/// <param name="EventId">The provider's, where events are also pulled from its list of them.</param>
internal sealed record VerifiedWebhook(
    string TenantId,
    string Provider,
    string Account,
    DateTimeOffset ReceivedAt,
    IReadOnlyDictionary<string, string> Headers,
    byte[] Body,
    IReadOnlyList<SignatureVerdict.Verified> Verdicts,
    string? EventId = null);
