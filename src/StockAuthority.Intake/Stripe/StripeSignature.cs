using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StockAuthority.Intake.Providers;

namespace StockAuthority.Intake.Stripe;

/// <summary>
/// Checks the <c>Stripe-Signature</c> header (https://docs.stripe.com/webhooks/signature) over the raw body. Stripe signs bytes; its SDK
/// checks text, of which a body that is not UTF-8 has none, and a good signature over such a one must lead to a held event and not to
/// days of retries.
/// </summary>
internal static class StripeSignature
{
    public const string Header = "Stripe-Signature";
    public const int ToleranceSeconds = 300;

    public static SignatureVerdict Verify(string? header, byte[] body, IReadOnlyList<string> secrets, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(header))
        {
            return new SignatureVerdict.Rejected("SIGNATURE_MISSING", $"The {Header} header is missing.");
        }

        // Two times, or two headers: which of them was signed would be a guess.
        var items = header.Split(',', StringSplitOptions.TrimEntries);
        if (items.Where(item => item.StartsWith("t=", StringComparison.Ordinal)).ToList() is not [var time]
            || !int.TryParse(time.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var signedAtSeconds))
        {
            return new SignatureVerdict.Rejected("SIGNATURE_MALFORMED", $"The {Header} header is not of the form t=<unix seconds>,v1=<hex>.");
        }

        var nowSeconds = now.ToUnixTimeSeconds();
        if (Math.Abs(nowSeconds - signedAtSeconds) > ToleranceSeconds)
        {
            return new SignatureVerdict.Rejected("SIGNATURE_STALE", $"The signature's time is more than {ToleranceSeconds} seconds away from this server's.");
        }

        byte[] signed = [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{signedAtSeconds}.")), .. body];
        List<byte[]> given = [.. items.Where(item => item.StartsWith("v1=", StringComparison.Ordinal)).Select(item => Encoding.UTF8.GetBytes(item[3..]))];
        for (var position = 0; position < secrets.Count; position++)
        {
            var expected = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secrets[position]), signed)));
            if (given.Exists(each => CryptographicOperations.FixedTimeEquals(each, expected)))
            {
                return new SignatureVerdict.Verified(position, DateTimeOffset.FromUnixTimeSeconds(signedAtSeconds));
            }
        }

        return new SignatureVerdict.Rejected("SIGNATURE_MISMATCH", "No signature of the header matches the body under any of the account's secrets.");
    }
}
