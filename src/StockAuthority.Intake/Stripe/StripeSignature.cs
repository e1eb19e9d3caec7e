using System.Buffers;
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

        if (SignedAtSeconds(header) is not { } signedAtSeconds)
        {
            return new SignatureVerdict.Rejected("SIGNATURE_MALFORMED", $"The {Header} header is not of the form t=<unix seconds>,v1=<hex>.");
        }

        var nowSeconds = now.ToUnixTimeSeconds();
        if (Math.Abs(nowSeconds - signedAtSeconds) > ToleranceSeconds)
        {
            return new SignatureVerdict.Rejected("SIGNATURE_STALE", $"The signature's time is more than {ToleranceSeconds} seconds away from this server's.");
        }

        byte[] signed = [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{signedAtSeconds}.")), .. body];
        var given = Given(header).ToList();
        for (var position = 0; position < secrets.Count; position++)
        {
            var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secrets[position]), signed);
            if (given.Exists(each => CryptographicOperations.FixedTimeEquals(each, expected)))
            {
                return new SignatureVerdict.Verified(position, DateTimeOffset.FromUnixTimeSeconds(signedAtSeconds));
            }
        }

        return new SignatureVerdict.Rejected("SIGNATURE_MISMATCH", "No signature of the header matches the body under any of the account's secrets.");
    }

    // Two times, or two headers: which of them was signed would be a guess.
    private static int? SignedAtSeconds(string header) =>
        header.Split(',').Select(item => item.Trim()).Where(item => item.StartsWith("t=", StringComparison.Ordinal)).ToList() is [var time]
        && int.TryParse(time.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? seconds
            : null;

    private static IEnumerable<byte[]> Given(string header)
    {
        foreach (var item in header.Split(',', StringSplitOptions.TrimEntries))
        {
            var digest = new byte[HMACSHA256.HashSizeInBytes];
            if (item.StartsWith("v1=", StringComparison.Ordinal)
                && Convert.FromHexString(item.AsSpan(3), digest, out _, out var length) == OperationStatus.Done
                && length == digest.Length)
            {
                yield return digest;
            }
        }
    }
}
