using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StockAuthority.Intake.Providers;
using Stripe;

namespace StockAuthority.Intake.Stripe;

/// <summary>Checks the <c>Stripe-Signature</c> header (https://docs.stripe.com/webhooks/signature) over the raw body.</summary>
internal static class StripeSignature
{
    public const string Header = "Stripe-Signature";
    public const int ToleranceSeconds = 300;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static SignatureVerdict Verify(string? header, byte[] body, IReadOnlyList<string> secrets, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(header))
        {
            return new SignatureVerdict.Rejected("SIGNATURE_MISSING", $"The {Header} header is missing.");
        }

        if (SignedAtSeconds(header) is not { } signedAtSeconds)
        {
            return new SignatureVerdict.Rejected("SIGNATURE_MALFORMED", $"The {Header} header is not of the form t=<unix seconds>,v1=<hex>.");
        }

        var nowSeconds = now.ToUnixTimeSeconds();
        if (Math.Abs(nowSeconds - signedAtSeconds) > ToleranceSeconds)
        {
            return new SignatureVerdict.Rejected("SIGNATURE_STALE", $"The signature's time is more than {ToleranceSeconds} seconds away from this server's.");
        }

        var text = TextOf(body);
        for (var position = 0; position < secrets.Count; position++)
        {
            var matches = text is null
                ? MatchesBytes(header, signedAtSeconds, body, secrets[position])
                : MatchesText(header, text, secrets[position], nowSeconds);
            if (matches)
            {
                return new SignatureVerdict.Verified(position, DateTimeOffset.FromUnixTimeSeconds(signedAtSeconds));
            }
        }

        return new SignatureVerdict.Rejected("SIGNATURE_MISMATCH", "No signature of the header matches the body under any of the account's secrets.");
    }

    // The SDK throws other exceptions than its own on a time that is not an int, so that is settled before it is asked.
    private static int? SignedAtSeconds(string header)
    {
        // Two times, or two headers: which of them was signed would be a guess.
        return header.Split(',').Select(item => item.Trim()).Where(item => item.StartsWith("t=", StringComparison.Ordinal)).ToList() is [var time]
            && int.TryParse(time.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                ? seconds
                : null;
    }

    private static bool MatchesText(string header, string text, string secret, long nowSeconds)
    {
        try
        {
            EventUtility.ValidateSignature(text, header, secret, ToleranceSeconds, nowSeconds);
            return true;
        }
        catch (StripeException)
        {
            return false;
        }
    }

    // The SDK signs text. A body that is not UTF-8 has none, yet Stripe signs bytes: a good signature over such a body
    // must lead to a held event and not to days of retries.
    private static bool MatchesBytes(string header, int signedAtSeconds, byte[] body, string secret)
    {
        byte[] signed = [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{signedAtSeconds}.")), .. body];
        var expected = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed)));
        return header.Split(',')
            .Select(item => item.Trim())
            .Where(item => item.StartsWith("v1=", StringComparison.Ordinal))
            .Any(item => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(item[3..]), expected));
    }

    private static string? TextOf(byte[] body)
    {
        try
        {
            return StrictUtf8.GetString(body);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
