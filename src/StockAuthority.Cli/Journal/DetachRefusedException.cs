namespace StockAuthority.Cli.Journal;

/// <summary>Nothing more is detached; the message says why, for people.</summary>
internal sealed class DetachRefusedException(string reason, string message) : Exception(message)
{
    /// <summary>For programs.</summary>
    public string Reason { get; } = reason;
}
