namespace StockAuthority.Cli.Verification;

/// <summary>How far a verification is.</summary>
/// <param name="Phase">What it does now, for people.</param>
/// <param name="Share">0 to 1 of the phase.</param>
internal readonly record struct VerificationProgress(string Phase, double Share);
