using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using StockAuthority.Connectors.Pos;
using StockAuthority.Connectors.Runtime;

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

    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private PosHost(WebApplication app)
    {
        _app = app;
        _http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public static async Task<PosHost> StartAsync(FeedHost feed, string squareAddress, params string[] settings)
    {
        var builder = WebApplication.CreateBuilder(
        [
            "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0",
            $"--StockAuthority:Address={feed.Address}",
            $"--StockAuthority:Token={JournalFeedService.Token}",
            $"--Connector:TenantId={JournalFeedService.TenantId}",
            .. Quick,
            $"--Square:BaseUrl={squareAddress}",
            $"--Square:AccessToken={SquareHost.Token}",
            .. settings,
        ]);
        if (PosConnector.Configure(builder) is { } problem)
        {
            throw new InvalidOperationException(problem);
        }

        builder.Logging.ClearProviders();
        var app = ConnectorProgram.Build(builder);
        await app.StartAsync();
        return new PosHost(app);
    }

    public async Task<HttpStatusCode> ReadyAsync()
    {
        using var response = await _http.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return response.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
