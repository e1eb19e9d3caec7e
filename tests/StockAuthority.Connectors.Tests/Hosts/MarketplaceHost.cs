using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using StockAuthority.Connectors.Marketplace;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>The real marketplace connector in process, with short pauses.</summary>
internal sealed class MarketplaceHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private MarketplaceHost(WebApplication app) => _app = app;

    public static async Task<MarketplaceHost> StartAsync(FeedHost feed, params string[] settings)
    {
        var app = await ConnectorHost.StartAsync(MarketplaceConnector.Configure,
        [
            .. ConnectorHost.Of(feed),
            .. PosHost.Quick,
            .. settings,
        ]);
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
