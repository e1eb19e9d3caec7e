namespace StockAuthority.Connectors.Pos.Square;

/// <summary>Square did not answer a read as it should have.</summary>
/// <param name="retryAfter">How long it asks to be left alone.</param>
internal sealed class SquareException(string reason, TimeSpan? retryAfter = null) : HttpRequestException($"Square did not answer a read: {reason}.")
{
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
