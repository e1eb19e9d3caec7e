using System.Security.Cryptography;
using System.Text;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>
/// Square's webhook signature (https://developer.squareup.com/docs/webhooks/step3validate): base64 of HMAC-SHA256 over the notification URL and the raw body.
/// </summary>
internal static class SquareSignature
{
    public const string Header = "x-square-hmacsha256-signature";

    /// <summary>Whether one of the keys made it.</summary>
    public static bool Matches(string? signature, Uri notificationUrl, ReadOnlySpan<byte> body, IReadOnlyList<string> keys)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (signature is null || !Convert.TryFromBase64String(signature, given, out var length) || length != given.Length)
        {
            return false;
        }

        byte[] signed = [.. Encoding.UTF8.GetBytes(notificationUrl.OriginalString), .. body];
        var matches = false;
        foreach (var key in keys)
        {
            matches |= CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), signed), given);
        }

        return matches;
    }
}
