using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using StockAuthority.Intake.Providers;

namespace StockAuthority.Intake.Adyen;

/// <summary>
/// Checks Adyen's signatures (https://docs.adyen.com/development-resources/webhooks/verify-hmac-signatures): base64 of
/// HMAC-SHA256 over eight fields of an item, or over the whole body of a platform webhook.
/// </summary>
internal static class AdyenSignature
{
    /// <summary>Of platform webhooks only; items carry theirs in <c>additionalData.hmacSignature</c>.</summary>
    public const string Header = "HmacSignature";

    private const string ItemField = "hmacSignature";

    public static SignatureVerdict Verify(JsonElement item, IReadOnlyList<byte[]> keys)
    {
        if (Find(item, "additionalData", ItemField) is not { } signature)
        {
            return new SignatureVerdict.Rejected("SIGNATURE_MISSING", $"An item has no additionalData.{ItemField}.");
        }

        return SignedFields(item) is { } signed
            ? Compare(Text(signature), Encoding.UTF8.GetBytes(signed), keys)
            : new SignatureVerdict.Rejected("SIGNATURE_MALFORMED", "A signed field other than merchantReference has a colon, so what was signed could be read in two ways.");
    }

    public static SignatureVerdict VerifyBody(string? header, byte[] body, IReadOnlyList<byte[]> keys) => string.IsNullOrWhiteSpace(header)
        ? new SignatureVerdict.Rejected("SIGNATURE_MISSING", $"The body has no notificationItems, and the {Header} header of a platform webhook is missing.")
        : Compare(header, body, keys);

    private static SignatureVerdict Compare(string signature, byte[] signed, IReadOnlyList<byte[]> keys)
    {
        var given = new byte[HMACSHA256.HashSizeInBytes];
        if (!Convert.TryFromBase64String(signature, given, out var length) || length != given.Length)
        {
            return new SignatureVerdict.Rejected("SIGNATURE_MALFORMED", $"A signature is not {HMACSHA256.HashSizeInBytes} bytes in base64.");
        }

        for (var position = 0; position < keys.Count; position++)
        {
            if (CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(keys[position], signed), given))
            {
                return new SignatureVerdict.Verified(position);
            }
        }

        return new SignatureVerdict.Rejected("SIGNATURE_MISMATCH", "A signature matches under none of the account's keys.");
    }

    /// <summary>
    /// Joined by colons and not escaped, so colons could move from one field to another under the same signature. With
    /// them in one field only there is one way to read it: merchantReference, which is the merchant's own text.
    /// </summary>
    private static string? SignedFields(JsonElement item)
    {
        string[] before = [Text(Find(item, "pspReference")), Text(Find(item, "originalReference")), Text(Find(item, "merchantAccountCode"))];
        string[] after =
        [
            Text(Find(item, "amount", "value")),
            Text(Find(item, "amount", "currency")),
            Text(Find(item, "eventCode")),
            Text(Find(item, "success")).ToLowerInvariant(),
        ];
        return before.Concat(after).Any(field => field.Contains(':', StringComparison.Ordinal))
            ? null
            : string.Join(':', [.. before, Text(Find(item, "merchantReference")), .. after]);
    }

    private static JsonElement? Find(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element) || element.ValueKind == JsonValueKind.Null)
            {
                return null;
            }
        }

        return element;
    }

    private static string Text(JsonElement? value) => value switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } text => text.GetString() ?? "",
        { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } plain => plain.GetRawText(),
        _ => "",
    };
}
