using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.Tokens;

namespace StockAuthority.Server.Infrastructure;

/// <summary>
/// An issuer's keys as they were read at one time, and the tokens that they verified. Both go together: a token is not
/// remembered longer than the key that signed it.
/// </summary>
internal sealed class SigningKeySet : IDisposable
{
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private const int MaximumTokens = 10_000;

    private readonly HashSet<string> _keyIds;
    private readonly HashSet<string> _keys;
    private readonly MemoryCache _verified = new(new MemoryCacheOptions { SizeLimit = MaximumTokens });

    public SigningKeySet(string issuer, string audience, ICollection<SecurityKey> keys)
    {
        _keyIds = [.. keys.Select(key => key.KeyId).Where(id => !string.IsNullOrEmpty(id))];
        _keys = [.. keys.Select(key => $"{key.KeyId} {Base64UrlEncoder.Encode(key.ComputeJwkThumbprint())}")];
        Parameters = new TokenValidationParameters
        {
            ValidAudience = audience,
            ValidIssuer = issuer,
            IssuerSigningKeys = keys,
            RequireExpirationTime = true,
            ClockSkew = ClockSkew,

            // None that is symmetric: a public key is no secret.
            ValidAlgorithms =
            [
                SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha512,
                SecurityAlgorithms.RsaSsaPssSha256,
            ],
        };
    }

    public TokenValidationParameters Parameters { get; }

    /// <summary>Whether a token with this key id can be judged. One without is tried with every key.</summary>
    public bool CanJudge(string? keyId) => string.IsNullOrEmpty(keyId) || _keyIds.Contains(keyId);

    public bool IsSameAs(SigningKeySet other) => Parameters.ValidIssuer == other.Parameters.ValidIssuer && _keys.SetEquals(other._keys);

    public void Remember(string token, Caller caller) =>
        _verified.Set(token, caller, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpiration = caller.ExpiresAt });

    public Caller? Known(string token) => _verified.TryGetValue(token, out Caller? caller) ? caller : null;

    public void Dispose() => _verified.Dispose();
}
