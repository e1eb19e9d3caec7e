using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>The authority's network edge in process.</summary>
internal sealed class FeedHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FeedHost(WebApplication app) => _app = app;

    public Journal Journal => _app.Services.GetRequiredService<Journal>();

    public FeedSwitches Switches => _app.Services.GetRequiredService<FeedSwitches>();

    public ChannelDesk Desk => _app.Services.GetRequiredService<ChannelDesk>();

    public string Address => _app.Urls.Single();

    public static async Task<FeedHost> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<Journal>();
        builder.Services.AddSingleton<FeedSwitches>();
        builder.Services.AddSingleton<ChannelDesk>();
        var app = builder.Build();
        app.MapGrpcService<JournalFeedService>();
        app.MapGrpcService<DeskChannelService>();
        app.MapGrpcService<DeskExceptionService>();
        await app.StartAsync();
        return new FeedHost(app);
    }

    public async ValueTask DisposeAsync()
    {
        Switches.BreakStreams();
        await _app.DisposeAsync();
    }
}
