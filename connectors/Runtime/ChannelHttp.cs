using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;

namespace StockAuthority.Connectors.Runtime;

/// <summary>How a channel's interface is called over HTTP.</summary>
public static class ChannelHttp
{
    private const int AnswerSizeBytes = 4 * 1024 * 1024;

    /// <summary>A client of a JSON interface.</summary>
    public static void Prepare(HttpClient client, Uri baseUrl)
    {
        ArgumentNullException.ThrowIfNull(client);
        client.BaseAddress = baseUrl;

        // The runtime's pipeline owns the time that an attempt may take.
        client.Timeout = Timeout.InfiniteTimeSpan;
        client.MaxResponseContentBufferSize = AnswerSizeBytes;
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
    }

    /// <summary>Nothing secret leaves by a redirect or a log.</summary>
    public static IHttpClientBuilder Harden(this IHttpClientBuilder client, ConnectorOptions connector) => client
        .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
        {
            // A redirect would carry the access token or session to another host.
            AllowAutoRedirect = false,
            ConnectTimeout = connector.AttemptTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
        .RemoveAllLoggers();

    /// <summary>How long the channel asks to be left alone; null where it does not.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(clock);
        return response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when date > clock.GetUtcNow() => date - clock.GetUtcNow(),
            _ => null,
        };
    }
}
