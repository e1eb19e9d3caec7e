using System.Text.Json;

namespace StockAuthority.Connectors.Marketplace.Amazon;

/// <summary>Login with Amazon access tokens: they last an hour, and are renewed by the refresh token a little before.</summary>
internal sealed class AmazonTokens(HttpClient http, AmazonOptions amazon, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);
    private readonly SemaphoreSlim _renewal = new(1, 1);
    private string? _token;
    private DateTimeOffset _renewAt;

    /// <exception cref="HttpRequestException">There is none to be had.</exception>
    public async Task<string> CurrentAsync(CancellationToken cancellationToken)
    {
        await _renewal.WaitAsync(cancellationToken);
        try
        {
            if (_token is null || clock.GetUtcNow() >= _renewAt)
            {
                var renewed = await RenewAsync(cancellationToken);
                (_token, _renewAt) = (renewed.Token, clock.GetUtcNow() + TimeSpan.FromSeconds(renewed.ExpiresInSeconds) - Margin);
            }

            return _token!;
        }
        finally
        {
            _renewal.Release();
        }
    }

    /// <summary>It was refused before its time: the next call renews it.</summary>
    public void Forget() => _renewAt = DateTimeOffset.MinValue;

    public void Dispose() => _renewal.Dispose();

    private async Task<AccessToken> RenewAsync(CancellationToken cancellationToken)
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
            ? token
            : throw new HttpRequestException("Login with Amazon answered without a token.");
    }
}
