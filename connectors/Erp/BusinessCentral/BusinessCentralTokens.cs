using System.Net;
using System.Text.Json.Nodes;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Erp.BusinessCentral;

/// <summary>
/// Bearer tokens of the registered application, by the client credentials flow of the Microsoft identity platform
/// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow). They last about an hour; there is no refresh token.
/// </summary>
internal sealed class BusinessCentralTokens(HttpClient http, BusinessCentralOptions options, TimeProvider clock) : AccessTokens(clock)
{
    /// <exception cref="BusinessCentralUnavailableException">There is none to be had.</exception>
    protected override async Task<(string Token, TimeSpan Lifetime)> RenewAsync(CancellationToken cancellationToken)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = options.ClientId,
            ["client_secret"] = options.ClientSecret,
            ["scope"] = options.Scope,
        });
        using var response = await http.PostAsync(options.TokenUrl, form, cancellationToken);
        var answer = BusinessCentralErrors.Parse(await response.Content.ReadAsStringAsync(cancellationToken)) as JsonObject;
        if (response.StatusCode == HttpStatusCode.OK && answer?["access_token"]?.ToString() is { Length: > 0 } token)
        {
            return (token, TimeSpan.FromSeconds(answer["expires_in"]?.GetValue<int>() ?? 0));
        }

        // Whoever is refused a token is not refused a booking: a secret that ran out is renewed by people, and everything waits for it.
        throw new BusinessCentralUnavailableException(
            $"HTTP_{(int)response.StatusCode} {answer?["error"]} at the token endpoint", response.StatusCode, ChannelHttp.RetryAfter(response, Clock));
    }
}
