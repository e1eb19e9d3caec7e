namespace StockAuthority.Intake.Stripe;

/// <summary>What checking a signature found out.</summary>
internal abstract record SignatureVerdict
{
    private SignatureVerdict()
    {
    }

    /// <summary>The body is the account's; the position is that of the secret which matched.</summary>
    public sealed record Verified(int SecretPosition, DateTimeOffset SignedAt) : SignatureVerdict;

    public sealed record Rejected(string Reason, string Detail) : SignatureVerdict;
}
