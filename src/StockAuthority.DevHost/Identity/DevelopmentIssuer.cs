using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace StockAuthority.DevHost.Identity;

/// <summary>
/// Stands in for the identity provider on one machine: signs tokens with a key that is kept in a private folder, and
/// publishes the key's public half as a JSON Web Key Set (RFC 7517).
/// </summary>
public sealed class DevelopmentIssuer : IDisposable
{
    /// <summary>The <c>iss</c> claim.</summary>
    public const string Issuer = "stockauthority-dev";

    /// <summary>The <c>aud</c> claim.</summary>
    public const string Audience = "stockauthority";

    /// <summary>The <c>tenant</c> claim of processes that serve every tenant.</summary>
    public const string AllTenants = "*";

    /// <summary>How long a token is valid.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private static readonly JsonWebTokenHandler Handler = new() { SetDefaultTimesOnTokenCreation = false };

    private readonly ECDsa _key;
    private readonly SigningCredentials _credentials;
    private readonly TimeProvider _time;

    private DevelopmentIssuer(ECDsa key, string keySetFile, TimeProvider time)
    {
        _key = key;
        _time = time;
        KeySetFile = keySetFile;
        var publicKey = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(ECDsa.Create(key.ExportParameters(false))));
        var keyId = Base64UrlEncoder.Encode(publicKey.ComputeJwkThumbprint());
        _credentials = new SigningCredentials(new ECDsaSecurityKey(key) { KeyId = keyId }, SecurityAlgorithms.EcdsaSha256)
        {
            // A cached provider would outlive the key that it signs with.
            CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
        };
        WriteKeySet(publicKey, keyId);
    }

    /// <summary>Everything that a token can allow.</summary>
    public const string AllScopes = "stock.read stock.write stock.adjust payments.apply feed.read operations.read operations.write operations.catalogue";

    /// <summary>The public keys, for <c>Authentication:SigningKeysFile</c>.</summary>
    public string KeySetFile { get; }

    /// <summary>Settings with which a server accepts its tokens; the keys are in a file, or discovered where an address is given.</summary>
    public IReadOnlyDictionary<string, string> Settings(string? authority = null) => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [authority is null ? "Authentication__SigningKeysFile" : "Authentication__Authority"] = authority ?? KeySetFile,
        ["Authentication__Issuer"] = Issuer,
        ["Authentication__Audience"] = Audience,
    };

    /// <summary>Whoever can read its folder can be anybody: it is for one developer's machine.</summary>
    /// <exception cref="DevHostException">The environment says that this is production.</exception>
    public static void RequireDevelopment()
    {
        foreach (var name in (string[])["DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT"])
        {
            if (string.Equals(Environment.GetEnvironmentVariable(name), "Production", StringComparison.OrdinalIgnoreCase))
            {
                throw new DevHostException($"The development issuer does not start in production, and {name} is Production: use an OIDC issuer (docs/security.md), or unset {name}.");
            }
        }
    }

    /// <summary>Takes the folder's key, or makes one there.</summary>
    /// <exception cref="DevHostException">The environment says that this is production.</exception>
    public static DevelopmentIssuer Open(string folder, TimeProvider time)
    {
        RequireDevelopment();
        PrivateFile.CreateFolder(folder);
        var keyFile = Path.Combine(folder, "issuer-key.pem");
        ECDsa key;
        if (File.Exists(keyFile))
        {
            key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(keyFile));
        }
        else
        {
            key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            PrivateFile.Write(keyFile, key.ExportPkcs8PrivateKeyPem());
        }

        return new DevelopmentIssuer(key, Path.Combine(folder, "issuer-keys.json"), time);
    }

    /// <summary>A signed token.</summary>
    /// <param name="subject">Who calls, for example <c>pos-square</c>.</param>
    /// <param name="tenant">The tenant that it may touch, or <see cref="AllTenants"/>.</param>
    /// <param name="lifetime">30 days by default; may be negative, for a token that has expired.</param>
    /// <param name="scopes">What it may do, separated by spaces; everything by default.</param>
    public string Token(string subject, string tenant, TimeSpan? lifetime = null, string scopes = AllScopes)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        var expires = now + (lifetime ?? Lifetime);
        return Handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Audience,
            IssuedAt = expires < now ? expires : now,
            NotBefore = expires < now ? expires : now,
            Expires = expires,
            Claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["sub"] = subject, ["tenant"] = tenant, ["scope"] = scopes },
            SigningCredentials = _credentials,
        });
    }

    /// <summary>Forgets the key.</summary>
    public void Dispose() => _key.Dispose();

    private void WriteKeySet(JsonWebKey key, string keyId)
    {
        var set = new { keys = new[] { new { kty = key.Kty, crv = key.Crv, x = key.X, y = key.Y, use = "sig", alg = SecurityAlgorithms.EcdsaSha256, kid = keyId } } };
        PrivateFile.Write(KeySetFile, JsonSerializer.Serialize(set));
    }
}
