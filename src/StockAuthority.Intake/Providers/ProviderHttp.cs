using Microsoft.Extensions.Http.Resilience;

namespace StockAuthority.Intake.Providers;

/// <summary>
/// The HTTP client for providers' own APIs: attempts time out, are repeated with jitter and as <c>Retry-After</c> says, and each
/// host has a circuit breaker, so that one that is down costs a dispatch little.
/// </summary>
internal static class ProviderHttp
{
    public const string Client = "providers";

    /// <summary>A page of a hundred events is some megabytes.</summary>
    private const int LargestAnswerBytes = 16 * 1024 * 1024;

    public static void AddProviderHttp(this IServiceCollection services) => services
        .AddHttpClient(Client, http => http.MaxResponseContentBufferSize = LargestAnswerBytes)

        // A redirect would be followed with the secret in hand.
        .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        .AddStandardResilienceHandler(Configure)
        .SelectPipelineByAuthority();

    // All of it ends well within a row's lease.
    private static void Configure(HttpStandardResilienceOptions options)
    {
        options.AttemptTimeout.Timeout = TimeSpan.FromSeconds(5);
        options.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(12);
        options.Retry.MaxRetryAttempts = 2;
        options.Retry.Delay = TimeSpan.FromMilliseconds(200);
        options.CircuitBreaker.SamplingDuration = TimeSpan.FromSeconds(20);
        options.CircuitBreaker.MinimumThroughput = 20;
    }
}
