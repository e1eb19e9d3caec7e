using Microsoft.Extensions.Logging;

namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>
/// Where a level ends that the channel refused for good: here it is logged and counted, and the delivery goes on without
/// it. A later version of the same level is pushed as any other.
/// </summary>
internal sealed partial class RefusedLevels(ILevelChannel channel, ConnectorOptions options, ConnectorMetrics metrics, ILogger<RefusedLevels> logger)
{
    public void Park(LevelChange change, Refusal refusal)
    {
        metrics.Refused(refusal.Code);
        LogParked(
            channel.Name, change.Key.Sku, change.Key.LocationId, change.Version, options.TenantId, change.Sequence,
            refusal.Status, refusal.Code, refusal.Field, refusal.Detail, refusal.RequestId, refusal.ResponseId);
    }

    [LoggerMessage(
        LogLevel.Error,
        "Channel {Channel} refused SKU {Sku} at {LocationId}, version {Version} (tenant {TenantId}, sequence {Sequence}): "
        + "{Status} {Code} {Field} {Detail}; request {RequestId}, response {ResponseId}")]
    private partial void LogParked(
        string channel, string sku, string locationId, long version, string tenantId, long sequence,
        int status, string code, string? field, string? detail, string requestId, string? responseId);
}
