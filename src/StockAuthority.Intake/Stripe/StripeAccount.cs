namespace StockAuthority.Intake.Stripe;

/// <summary>A Stripe account that may send webhooks here. Several secrets are valid at once while one is being rotated.</summary>
internal sealed record StripeAccount(string Name, string TenantId, IReadOnlyList<string> SigningSecrets, StripeApiVersions ApiVersions);
