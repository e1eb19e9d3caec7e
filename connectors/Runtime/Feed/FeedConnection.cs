using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace StockAuthority.Connectors.Runtime.Feed;

/// <summary>Whether the authority answers: about the feed while this instance works, about the lease while it stands by. It starts disconnected.</summary>
internal sealed class FeedConnection : IHealthCheck
{
    private volatile bool _connected;

    public void Up() => _connected = true;

    public void Down() => _connected = false;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_connected
            ? HealthCheckResult.Healthy("The authority answers.")
            : HealthCheckResult.Unhealthy("The authority does not answer."));
}
