using Microsoft.Extensions.Logging;
using StockAuthority.Connectors.Runtime.Channels;

namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>
/// Where a level ends that the channel refused for good: it becomes a case for people, and the delivery goes on without
/// it. A later version of the same level is pushed as any other.
/// </summary>
internal sealed partial class RefusedLevels(ILevelChannel channel, ConnectorOptions options, ConnectorMetrics metrics, ChannelCases cases, ChannelHealthMeter meter, ILogger<RefusedLevels> logger)
{
    private readonly HashSet<StockKey> _refused = [];

    /// <summary>Whether the channel is known to show another level than it was given.</summary>
    public bool Has(StockKey key) => _refused.Contains(key);

    /// <summary>An earlier instance reported it.</summary>
    public void Know(StockKey key) => _refused.Add(key);

    public void Taken(StockKey key)
    {
        if (_refused.Remove(key))
        {
            cases.Mended(Operations.V1.ExceptionKind.LevelRefused, key, "The channel shows the level.");
        }
    }

    public void Park(PendingLevel level, Refusal refusal)
    {
        var change = level.Change;
        _refused.Add(change.Key);
        cases.Refused(change, refusal, level.FirstSequence);
        meter.Count(health => health.RefusedCount++);
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
