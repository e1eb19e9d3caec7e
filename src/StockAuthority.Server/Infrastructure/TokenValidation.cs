using System.Collections.Frozen;
using System.Security.Claims;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace StockAuthority.Server.Infrastructure;

/// <summary>Whose tokens are accepted; section <c>Authentication</c>.</summary>
internal sealed class TokenOptions
{
    /// <summary>An OIDC issuer; its signing keys are discovered and follow its rotation. Give this or <see cref="SigningKeysFile"/>.</summary>
    public string? Authority { get; set; }

    /// <summary>A JSON Web Key Set on disk, for issuers without discovery.</summary>
    public string? SigningKeysFile { get; set; }

    /// <summary>The issuer that tokens must name; the discovered one by default.</summary>
    public string? Issuer { get; set; }

    public string Audience { get; set; } = "stockauthority";
}

/// <summary>Verifies a token's signature once and remembers the answer until the token expires.</summary>
internal sealed class TokenValidation : IDisposable
{
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly TokenValidationParameters _parameters;
    private readonly MemoryCache _verified = new(new MemoryCacheOptions { SizeLimit = 10_000 });
    private readonly TimeProvider _time;

    public TokenValidation(IOptions<TokenOptions> options, TimeProvider time)
    {
        var settings = options.Value;
        _time = time;
        _parameters = new TokenValidationParameters
        {
            ValidAudience = settings.Audience,
            ValidIssuer = settings.Issuer,
            RequireExpirationTime = true,
            ClockSkew = TimeSpan.FromSeconds(30),
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256],
        };
        if (settings.SigningKeysFile is { } file)
        {
            _parameters.IssuerSigningKeys = new JsonWebKeySet(File.ReadAllText(file)).GetSigningKeys();
        }
        else if (settings.Authority is { } authority)
        {
            _parameters.ConfigurationManager = new ConfigurationManager<OpenIdConnectConfiguration>(
                authority.TrimEnd('/') + "/.well-known/openid-configuration",
                new OpenIdConnectConfigurationRetriever(),
                new HttpDocumentRetriever { RequireHttps = authority.StartsWith("https:", StringComparison.Ordinal) });
        }
        else
        {
            throw new StartupException("Set Authentication:Authority to an OIDC issuer, or Authentication:SigningKeysFile to a JSON Web Key Set.");
        }
    }

    /// <summary>Who a token speaks for that was verified before and has not expired.</summary>
    public Caller? Known(string token) =>
        _verified.TryGetValue(token, out (Caller Caller, DateTimeOffset ExpiresAt) known) && known.ExpiresAt > _time.GetUtcNow() ? known.Caller : null;

    /// <summary>Who a token speaks for that is not known yet, or null and why it is not accepted.</summary>
    public async Task<(Caller? Caller, string? Problem)> ValidateAsync(string token)
    {
        var result = await _handler.ValidateTokenAsync(token, _parameters);
        if (!result.IsValid)
        {
            return (null, result.Exception is SecurityTokenExpiredException ? "The token has expired." : "The token is not valid here.");
        }

        var caller = Read(result.ClaimsIdentity);
        var expiresAt = new DateTimeOffset(result.SecurityToken.ValidTo, TimeSpan.Zero);
        _verified.Set(token, (caller, expiresAt), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpiration = expiresAt });
        return (caller, null);
    }

    public void Dispose() => _verified.Dispose();

    /// <summary>Scopes are one text in RFC 9068's <c>scope</c>; some issuers say <c>scp</c> and give a list.</summary>
    private static Caller Read(ClaimsIdentity claims) => new(
        claims.FindFirst("sub")?.Value ?? "",
        claims.FindFirst(Caller.TenantClaim)?.Value,
        claims.Claims.Where(claim => claim.Type is "scope" or "scp")
            .SelectMany(claim => claim.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToFrozenSet(StringComparer.Ordinal));
}
