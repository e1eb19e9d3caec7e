using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;
using StockAuthority.DevHost.Identity;
using StockAuthority.Testing;

namespace StockAuthority.Server.Tests.Infrastructure;

/// <summary>Tokens that must not be accepted, each wrong in one way and right in every other.</summary>
internal static class ForgedTokens
{
    /// <summary>The issuer that <see cref="ForeignIssuer"/> tokens name.</summary>
    public const string OtherIssuer = "https://issuer.example";

    public const string Expired = "expired";
    public const string NotYetValid = "not yet valid";
    public const string NeverExpires = "without an expiry";
    public const string ForeignIssuer = "of a foreign issuer";
    public const string WrongAudience = "for another audience";
    public const string NoAudience = "for no audience";
    public const string Unsigned = "alg none";
    public const string SymmetricallySigned = "HS256 with the public key as the secret";
    public const string ForeignKey = "signed with another key";
    public const string ForeignKeyWithoutId = "signed with another key, which it does not name";
    public const string Tampered = "with another tenant than was signed";
    public const string Garbage = "no token at all";

    public static IReadOnlyList<string> All { get; } =
    [
        Expired, NotYetValid, NeverExpires, ForeignIssuer, WrongAudience, NoAudience, Unsigned, SymmetricallySigned, ForeignKey, ForeignKeyWithoutId, Tampered, Garbage,
    ];

    public static async Task<string> MakeAsync(string kind, string tenant)
    {
        var issuer = await TestTokens.IssuerAsync();
        using var key = ECDsa.Create();
        key.ImportFromPem(await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(issuer.KeySetFile)!, "issuer-key.pem")));
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var keySet = JsonDocument.Parse(await File.ReadAllTextAsync(issuer.KeySetFile));
        var keyId = keySet.RootElement.GetProperty("keys")[0].GetProperty("kid").GetString()!;
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iss"] = DevelopmentIssuer.Issuer,
            ["aud"] = DevelopmentIssuer.Audience,
            ["sub"] = "forger",
            ["tenant"] = tenant,
            ["scope"] = DevelopmentIssuer.AllScopes,
            ["iat"] = now,
            ["nbf"] = now,
            ["exp"] = now + 600,
        };
        byte[] Signed(byte[] bytes) => key.SignData(bytes, HashAlgorithmName.SHA256);
        switch (kind)
        {
            case Expired:
                (claims["nbf"], claims["exp"]) = (now - 600, now - 60);
                return Token("ES256", keyId, claims, Signed);
            case NotYetValid:
                claims["nbf"] = now + 300;
                return Token("ES256", keyId, claims, Signed);
            case NeverExpires:
                claims.Remove("exp");
                return Token("ES256", keyId, claims, Signed);
            case ForeignIssuer:
                claims["iss"] = OtherIssuer;
                return Token("ES256", keyId, claims, Signed);
            case WrongAudience:
                claims["aud"] = "another-service";
                return Token("ES256", keyId, claims, Signed);
            case NoAudience:
                claims.Remove("aud");
                return Token("ES256", keyId, claims, Signed);
            case Unsigned:
                return Token("none", keyId, claims, static _ => []);
            case SymmetricallySigned:
                var secret = Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem());
                return Token("HS256", keyId, claims, bytes => HMACSHA256.HashData(secret, bytes));
            case ForeignKey:
                return Token("ES256", keyId, claims, bytes => stranger.SignData(bytes, HashAlgorithmName.SHA256));
            case ForeignKeyWithoutId:
                return Token("ES256", null, claims, bytes => stranger.SignData(bytes, HashAlgorithmName.SHA256));
            case Tampered:
                var signature = issuer.Token("forger", "other").Split('.')[2];
                return $"{Token("ES256", keyId, claims, static _ => [])}{signature}";
            case Garbage:
                return "e30.e30.e30";
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown.");
        }
    }

    /// <summary>What every refusal must not be because of: the same, and good.</summary>
    public static async Task<string> GoodAsync(string tenant) => (await TestTokens.IssuerAsync()).Token("forger", tenant);

    private static string Token(string algorithm, string? keyId, Dictionary<string, object> claims, Func<byte[], byte[]> sign)
    {
        var header = new Dictionary<string, object>(StringComparer.Ordinal) { ["alg"] = algorithm, ["typ"] = "JWT" };
        if (keyId is not null)
        {
            header["kid"] = keyId;
        }

        var text = $"{Part(header)}.{Part(claims)}";
        return $"{text}.{Base64UrlEncoder.Encode(sign(Encoding.ASCII.GetBytes(text)))}";
    }

    private static string Part(Dictionary<string, object> values) => Base64UrlEncoder.Encode(JsonSerializer.SerializeToUtf8Bytes(values));
}
