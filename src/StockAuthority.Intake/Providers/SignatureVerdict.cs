namespace StockAuthority.Intake.Providers;

/// <summary>What checking a signature found out.</summary>
internal abstract record SignatureVerdict
{
    private SignatureVerdict()
    {
    }

    /// <summary>What was signed is the account's; the position is that of the secret which matched.</summary>
    /// <param name="SignedAt">Null where the provider does not sign a time.</param>
    public sealed record Verified(int SecretPosition, DateTimeOffset? SignedAt = null) : SignatureVerdict;

    public sealed record Rejected(string Reason, string Detail, int Status = StatusCodes.Status401Unauthorized) : SignatureVerdict;
}
