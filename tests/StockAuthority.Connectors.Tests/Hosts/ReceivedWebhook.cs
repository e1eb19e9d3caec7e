namespace StockAuthority.Connectors.Tests.Hosts;

/// <param name="MatchingSecrets">How many of the receiver's secrets have a signature in the header.</param>
internal sealed record ReceivedWebhook(
    string MessageId, long Timestamp, int Signatures, int MatchingSecrets, string Type, string Sku, string Location, long Available, long Version, long Sequence, DateTimeOffset ReceivedAt);

/// <param name="Status">What the receiver answers.</param>
/// <param name="RetryAfterSeconds">A header.</param>
/// <param name="Location">A header.</param>
/// <param name="Hold">It answers only then.</param>
internal sealed record ReceiverAnswer(int Status, int? RetryAfterSeconds = null, string? Location = null, Task? Hold = null, string? Body = null);
