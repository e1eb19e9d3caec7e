using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StockAuthority.DevHost.Identity;
using StockAuthority.DevHost.Processes;
using Yarp.ReverseProxy.Configuration;

namespace StockAuthority.DevHost.Up;

/// <summary>One HTTP address for this machine: payment webhooks go to intake, those of the tills to their connector, everything else to the server's JSON endpoint. It is the issuer's address too.</summary>
internal sealed class FrontDoor : IAsyncDisposable
{
    private readonly WebApplication _application;

    private FrontDoor(WebApplication application) => _application = application;

    public static async Task<FrontDoor> StartAsync(PortPlan ports, DevelopmentIssuer issuer, CancellationToken cancellationToken)
    {
        // Empty: it must take nothing from the environment or from an appsettings.json in the working directory.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, ports.FrontDoor));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddReverseProxy().LoadFromMemory(
            [Route("square", SquareWebhook.Path, "pos"), Route("webhooks", "/webhooks/{**rest}", "intake"), Route("everything-else", "/{**rest}", "server")],
            [Cluster("pos", ports.Connector), Cluster("intake", ports.Intake), Cluster("server", ports.ServerJson)]);
        var application = builder.Build();
        application.UseRouting();
        var keySet = await File.ReadAllTextAsync(issuer.KeySetFile, cancellationToken);
        application.MapIssuer(() => keySet);
        application.MapReverseProxy();
        await application.StartAsync(cancellationToken);
        return new FrontDoor(application);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static RouteConfig Route(string id, string path, string cluster) => new() { RouteId = id, ClusterId = cluster, Match = new RouteMatch { Path = path } };

    private static ClusterConfig Cluster(string id, int port) => new()
    {
        ClusterId = id,
        Destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal) { [id] = new() { Address = Services.Address(port) } },
    };

    /// <summary>Signals are the whole system's affair, not this part's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
