using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using StockAuthority.Connectors.Pos;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>The real POS connector in process, with short pauses.</summary>
internal sealed class PosHost : IAsyncDisposable
{
    public const string Consumer = "pos-square";
    /// <summary>Short pauses, and a channel that shows everything from the first day.</summary>
    public static readonly string[] Quick =
    [
        "--Connector:RetryDelay=00:00:00.020",
        "--Connector:MaxRetryDelay=00:00:02",
        "--Connector:BreakDuration=00:00:00.500",
        "--Connector:PollInterval=00:00:00.050",
        "--Connector:PushesPerSecond=1000",
        "--Connector:AttemptTimeout=00:00:01",
        "--Connector:LeaseTime=00:00:03",
        "--Connector:ReportInterval=00:00:00.100",
        "--Channel:CustomerSentence=Tills show the last known units.",
        "--Channel:Owner=store-systems",
        "--Channel:InitialRollout=100",
    ];

    /// <summary>Where calls are counted: a busy machine must not be taken for a channel that does not answer. After <see cref="Quick"/>.</summary>
    public static readonly string[] Patient = ["--Connector:AttemptTimeout=00:00:05", "--Connector:LeaseTime=00:00:15"];

    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private PosHost(WebApplication app)
    {
        _app = app;
        _http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public static async Task<PosHost> StartAsync(FeedHost feed, string squareAddress, params string[] settings)
    {
        var app = await ConnectorHost.StartAsync(PosConnector.Configure,
        [
            .. ConnectorHost.Of(feed),
            .. Quick,
            $"--Square:BaseUrl={squareAddress}",
            $"--Square:AccessToken={SquareHost.Token}",
            .. settings,
        ]);
        return new PosHost(app);
    }

    public async Task<HttpStatusCode> ReadyAsync()
    {
        using var response = await _http.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return response.StatusCode;
    }

    public T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
