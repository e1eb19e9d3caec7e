namespace StockAuthority.DevHost.Processes;

/// <summary>A webhook subscription at Square.</summary>
/// <param name="NotificationUrl">Where webhooks go; a part of what is signed.</param>
/// <param name="SignatureKey">What they are signed with.</param>
public sealed record SquareWebhook(Uri NotificationUrl, string SignatureKey)
{
    /// <summary>Where the point-of-sale connector takes them.</summary>
    public const string Path = "/webhooks/square";
}
