using System.Net;
using System.Text.Json.Nodes;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Erp.BusinessCentral;

/// <summary>
/// Bearer tokens of the registered application, by the client credentials flow of the Microsoft identity platform
/// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow). They last about an hour; there is no refresh token.
/// </summary>
internal sealed class BusinessCentralTokens(HttpClient http, BusinessCentralOptions options, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);
    private readonly SemaphoreSlim _renewal = new(1, 1);
    private string? _token;
    private DateTimeOffset _renewAt;

    /// <exception cref="BusinessCentralUnavailableException">There is none to be had.</exception>
    public async Task<string> CurrentAsync(CancellationToken cancellationToken)
    {
        await _renewal.WaitAsync(cancellationToken);
        try
        {
            if (_token is null || clock.GetUtcNow() >= _renewAt)
            {
                (_token, var lifetime) = await RenewAsync(cancellationToken);
                _renewAt = clock.GetUtcNow() + (lifetime > 2 * Margin ? lifetime - Margin : lifetime / 2);
            }

            return _token;
        }
        finally
        {
            _renewal.Release();
        }
    }

    /// <summary>It was refused before its time: the next call asks for another one.</summary>
    public void Forget() => _token = null;

    public void Dispose() => _renewal.Dispose();

    private async Task<(string Token, TimeSpan Lifetime)> RenewAsync(CancellationToken cancellationToken)
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
            $"HTTP_{(int)response.StatusCode} {answer?["error"]} at the token endpoint", response.StatusCode, ChannelHttp.RetryAfter(response, clock));
    }
}
