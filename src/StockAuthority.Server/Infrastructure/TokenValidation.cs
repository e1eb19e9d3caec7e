using System.Collections.Frozen;
using System.Security.Claims;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace StockAuthority.Server.Infrastructure;

/// <summary>What is known of a token: who it speaks for, or the reason why it is not accepted.</summary>
/// <param name="Caller">Null where it is refused.</param>
/// <param name="Reason">Null where it is accepted.</param>
internal readonly record struct TokenVerdict(Caller? Caller, string? Reason)
{
    public const string Expired = "TOKEN_EXPIRED";
    public const string Invalid = "TOKEN_INVALID";

    /// <summary>Not the caller's fault: the issuer has not answered yet.</summary>
    public const string IssuerUnavailable = "ISSUER_UNAVAILABLE";
}

/// <summary>Verifies a token's signature once and remembers the answer until the token expires or its key is withdrawn.</summary>
internal sealed class TokenValidation(SigningKeys keys, TimeProvider time)
{
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };

    /// <summary>Who a token speaks for that was verified before and has not expired.</summary>
    public Caller? Known(string token) =>
        keys.Current?.Known(token) is { } caller && caller.ExpiresAt > time.GetUtcNow() ? caller : null;

    /// <summary>Judges a token that is not known yet.</summary>
    public async Task<TokenVerdict> ValidateAsync(string token)
    {
        if (Read(token) is not { } read)
        {
            return new TokenVerdict(null, TokenVerdict.Invalid);
        }

        if (await keys.ForAsync(read.Kid) is not { } set)
        {
            return new TokenVerdict(null, TokenVerdict.IssuerUnavailable);
        }

        var result = await _handler.ValidateTokenAsync(read, set.Parameters);
        if (!result.IsValid)
        {
            return new TokenVerdict(null, result.Exception is SecurityTokenExpiredException ? TokenVerdict.Expired : TokenVerdict.Invalid);
        }

        var caller = CallerOf(result.ClaimsIdentity, read.ValidTo);
        set.Remember(token, caller);
        return new TokenVerdict(caller, null);
    }

    private JsonWebToken? Read(string token)
    {
        try
        {
            return _handler.CanReadToken(token) ? _handler.ReadJsonWebToken(token) : null;
        }
        catch (Exception error) when (error is ArgumentException or SecurityTokenException)
        {
            return null;
        }
    }

    /// <summary>Scopes are one text in RFC 9068's <c>scope</c>; some issuers say <c>scp</c> and give a list.</summary>
    private static Caller CallerOf(ClaimsIdentity claims, DateTime validTo)
    {
        var expiresAt = new DateTimeOffset(validTo, TimeSpan.Zero);
        return new Caller(
            claims.FindFirst("sub")?.Value ?? "",
            claims.FindAll(Caller.TenantClaim).Select(claim => claim.Value).Where(tenant => tenant.Length > 0).ToFrozenSet(StringComparer.Ordinal),
            claims.Claims.Where(claim => claim.Type is "scope" or "scp")
                .SelectMany(claim => claim.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .ToFrozenSet(StringComparer.Ordinal),

            // A token without an end in sight must not overflow.
            expiresAt < DateTimeOffset.MaxValue - SigningKeySet.ClockSkew ? expiresAt + SigningKeySet.ClockSkew : expiresAt);
    }
}
