namespace StockAuthority.Intake.Stripe;

/// <summary>A Stripe account that may send webhooks here. Several secrets are valid at once while one is being rotated.</summary>
/// <param name="ApiKey">A restricted key that may read events, payments, refunds and disputes; without one thin events are parked.</param>
/// <param name="AccountId">Stripe's id of it (<c>acct_...</c>); needed only where events name their account, as those of Connect do.</param>
internal sealed record StripeAccount(string TenantId, IReadOnlyList<string> SigningSecrets, StripeApiVersions ApiVersions, string? AccountId = null, string? ApiKey = null)
{
    /// <summary>Never the secrets.</summary>
    public override string ToString() => $"Stripe account of tenant {TenantId}";
}
