using System.Text.Json;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Amazon;

/// <summary>Login with Amazon access tokens: they last an hour, and are renewed by the refresh token a little before.</summary>
internal sealed class AmazonTokens(HttpClient http, AmazonOptions amazon, TimeProvider clock) : AccessTokens(clock)
{
    /// <exception cref="HttpRequestException">There is none to be had.</exception>
    protected override async Task<(string Token, TimeSpan Lifetime)> RenewAsync(CancellationToken cancellationToken)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = "refresh_token",
            ["refresh_token"] = amazon.RefreshToken,
            ["client_id"] = amazon.ClientId,
            ["client_secret"] = amazon.ClientSecret,
        });
        using var response = await http.PostAsync(amazon.TokenUrl, form, cancellationToken);
        response.EnsureSuccessStatusCode();
        return JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellationToken), AmazonJson.Default.AccessToken) is { Token.Length: > 0 } token
            ? (token.Token, TimeSpan.FromSeconds(token.ExpiresInSeconds))
            : throw new HttpRequestException("Login with Amazon answered without a token.");
    }
}
