using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>A connector's real process, but in this one.</summary>
internal static class ConnectorHost
{
    /// <summary>On a free port, for the tenant of a feed.</summary>
    public static string[] Of(FeedHost feed) =>
    [
        "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0",
        $"--StockAuthority:Address={feed.Address}",
        $"--StockAuthority:Token={JournalFeedService.Token}",
        $"--Connector:TenantId={JournalFeedService.TenantId}",
    ];

    /// <summary>Started, and silent.</summary>
    /// <param name="clock">Instead of the system's.</param>
    public static async Task<WebApplication> StartAsync(Func<WebApplicationBuilder, string?> configure, string[] settings, TimeProvider? clock = null)
    {
        var builder = WebApplication.CreateBuilder(settings);
        if (configure(builder) is { } problem)
        {
            throw new InvalidOperationException(problem);
        }

        if (clock is not null)
        {
            builder.Services.AddSingleton(clock);
        }

        builder.Logging.ClearProviders();
        var app = ConnectorProgram.Build(builder);
        await app.StartAsync();
        return app;
    }
}
