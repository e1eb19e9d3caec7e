using System.Net.Http.Headers;
using Polly;
using Stripe;

namespace StockAuthority.Intake.Stripe;

/// <summary>
/// Reads from Stripe's API (https://docs.stripe.com/api), always at the version of the Stripe.net package, whose objects the
/// translation knows. The bodies are taken as they come: what is stored must be what Stripe said.
/// </summary>
internal sealed class StripeApi(Uri baseAddress)
{
    public static readonly Uri PublicAddress = new("https://api.stripe.com");

    /// <param name="pathAndQuery">Begins with a slash.</param>
    /// <param name="scope">The header that names the account, where that is not the key's own.</param>
    public async Task<StripeAnswer> GetAsync(HttpClient http, string apiKey, string pathAndQuery, (string Header, string? Account) scope, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(baseAddress, pathAndQuery));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        request.Headers.Add("Stripe-Version", StripeConfiguration.ApiVersion);
        if (!string.IsNullOrEmpty(scope.Account))
        {
            request.Headers.TryAddWithoutValidation(scope.Header, scope.Account);
        }

        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode
                ? new StripeAnswer.Given(await response.Content.ReadAsByteArrayAsync(cancellationToken))
                : new StripeAnswer.Refused($"HTTP {(int)response.StatusCode}");
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is HttpRequestException or ExecutionRejectedException or OperationCanceledException or IOException)
        {
            // Never the message, which could name addresses of the network that this runs in.
            return new StripeAnswer.Refused(failure.GetType().Name);
        }
    }
}
