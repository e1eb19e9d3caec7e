using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace StockAuthority.Connectors.Webhook.Delivery;

/// <summary>The symmetric signature of the Standard Webhooks specification 1.0.0.</summary>
internal static class WebhookSignature
{
    /// <summary><c>v1,</c> and the base64 of HMAC-SHA256 over <c>id.timestamp.body</c>, for each key, separated by spaces.</summary>
    public static string Header(IReadOnlyList<byte[]> keys, string messageId, long timestamp, ReadOnlySpan<byte> body)
    {
        byte[] signed = [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{messageId}.{timestamp}.")), .. body];
        return string.Join(' ', keys.Select(key => "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed))));
    }
}
