using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace StockAuthority.Connectors.Runtime.Feed;

/// <summary>Whether the feed answers. It starts disconnected: a connector is ready once it has heard from the authority.</summary>
internal sealed class FeedConnection : IHealthCheck
{
    private volatile bool _connected;

    public void Up() => _connected = true;

    public void Down() => _connected = false;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_connected
            ? HealthCheckResult.Healthy("The change feed is connected.")
            : HealthCheckResult.Unhealthy("The change feed is not connected."));
}
