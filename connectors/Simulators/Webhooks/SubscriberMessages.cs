using System.Text.Json.Serialization;

namespace StockAuthority.Connectors.Simulators.Webhooks;

internal sealed record LevelEvent(string? Type, LevelData? Data);

internal sealed record LevelData(string TenantId, string Sku, string LocationId, long Available, long Version, long Sequence);

/// <param name="IsNewer">Whether it changed anything.</param>
internal sealed record TakenWebhook(string MessageId, DateTimeOffset ReceivedAt, bool IsNewer, LevelData Level);

/// <summary>What GET /simulator/webhooks shows.</summary>
/// <param name="Refused">Requests that were not signed, or not for now.</param>
/// <param name="OlderAfterNewer">Requests with an older version of a level than an earlier request had, whatever became of either.</param>
/// <param name="Levels">The latest of each key that was taken.</param>
/// <param name="Recent">What was taken, the oldest first.</param>
internal sealed record SubscriberView(long Refused, long OlderAfterNewer, IReadOnlyList<LevelData> Levels, IReadOnlyList<TakenWebhook> Recent);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(LevelEvent))]
[JsonSerializable(typeof(SubscriberView))]
internal sealed partial class SubscriberJson : JsonSerializerContext;
