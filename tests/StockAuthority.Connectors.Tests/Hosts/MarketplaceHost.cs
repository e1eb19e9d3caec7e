using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StockAuthority.Connectors.Marketplace;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>The real marketplace connector in process, with short pauses.</summary>
internal sealed class MarketplaceHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private MarketplaceHost(WebApplication app) => _app = app;

    public static async Task<MarketplaceHost> StartAsync(FeedHost feed, params string[] settings)
    {
        var builder = WebApplication.CreateBuilder(
        [
            "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0",
            $"--StockAuthority:Address={feed.Address}",
            $"--StockAuthority:Token={JournalFeedService.Token}",
            $"--Connector:TenantId={JournalFeedService.TenantId}",
            .. PosHost.Quick,
            .. settings,
        ]);
        if (MarketplaceConnector.Configure(builder) is { } problem)
        {
            throw new InvalidOperationException(problem);
        }

        builder.Logging.ClearProviders();
        var app = ConnectorProgram.Build(builder);
        await app.StartAsync();
        return new MarketplaceHost(app);
    }

    public T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
