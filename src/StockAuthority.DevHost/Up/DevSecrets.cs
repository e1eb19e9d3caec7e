using System.Security.Cryptography;
using System.Text.Json;

namespace StockAuthority.DevHost.Up;

/// <summary>Generated once for this checkout and kept, so that data and registered webhooks stay valid.</summary>
internal sealed record DevSecrets(
    string ServerDatabasePassword, string IntakeDatabasePassword, string StripeWebhookSecret, string SquareAccessToken, string AdyenHmacKey,
    string WebhooksDatabasePassword, string SubscriberSecret, string PosDatabasePassword, string SquareSignatureKey)
{
    private const int Bytes = 24;
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static DevSecrets Open(string path)
    {
        var kept = File.Exists(path) ? JsonSerializer.Deserialize<DevSecrets>(File.ReadAllText(path), Format) : null;
        if (kept?.AdyenHmacKey is null || kept.WebhooksDatabasePassword is null || kept.SubscriberSecret is null || kept.PosDatabasePassword is null || kept.SquareSignatureKey is null)
        {
            // What an older version has kept lacks what was added since; the rest stays valid.
            kept ??= new DevSecrets(Random(), Random(), "whsec_" + Random(), "square-dev-" + Random(), null!, null!, null!, null!, null!);
            kept = kept with
            {
                AdyenHmacKey = kept.AdyenHmacKey ?? RandomNumberGenerator.GetHexString(64),
                WebhooksDatabasePassword = kept.WebhooksDatabasePassword ?? Random(),
                PosDatabasePassword = kept.PosDatabasePassword ?? Random(),
                SquareSignatureKey = kept.SquareSignatureKey ?? Random(),
                SubscriberSecret = kept.SubscriberSecret ?? "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes)),
            };
            PrivateFile.Write(path, JsonSerializer.Serialize(kept, Format));
        }

        return kept;
    }

    private static string Random() => RandomNumberGenerator.GetHexString(2 * Bytes, lowercase: true);
}
