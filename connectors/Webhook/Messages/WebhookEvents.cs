using System.Text.Json;
using System.Text.Json.Serialization;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Webhook.Messages;

/// <summary>What subscribers can be told.</summary>
internal static class WebhookEvents
{
    public const string LevelChanged = "stock.level.changed";

    public static readonly IReadOnlySet<string> Types = new HashSet<string>(StringComparer.Ordinal) { LevelChanged };

    /// <summary>The body as it is signed and sent: <c>type</c>, <c>timestamp</c> and <c>data</c>, as Standard Webhooks recommends.</summary>
    public static byte[] Body(string tenantId, LevelChange change) => JsonSerializer.SerializeToUtf8Bytes(
        new LevelChangedEvent(
            LevelChanged,
            change.RecordTime.UtcDateTime,
            new LevelChangedData(tenantId, change.Key.Sku, change.Key.LocationId, change.Available, change.Version, change.Sequence)),
        WebhookJson.Default.LevelChangedEvent);
}

/// <param name="Timestamp">When the authority recorded the change.</param>
internal sealed record LevelChangedEvent(string Type, DateTime Timestamp, LevelChangedData Data);

/// <param name="Available">Whole units that can be promised.</param>
/// <param name="Version">Counts the changes of the level: a lower one than a receiver has seen is out of date.</param>
/// <param name="Sequence">The movement in the tenant's journal that made the level.</param>
internal sealed record LevelChangedData(string TenantId, string Sku, string LocationId, long Available, long Version, long Sequence);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LevelChangedEvent))]
internal sealed partial class WebhookJson : JsonSerializerContext;
