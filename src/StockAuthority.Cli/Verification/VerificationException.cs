namespace StockAuthority.Cli.Verification;

/// <summary>The verification could not run; the message says why, for people.</summary>
internal sealed class VerificationException(string message) : Exception(message);
