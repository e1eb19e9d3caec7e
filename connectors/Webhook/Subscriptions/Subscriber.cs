using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Webhook.Subscriptions;

/// <summary>Who is told of which changes, and where.</summary>
/// <param name="Name">Names it in the delivery log and in stockctl.</param>
/// <param name="Url">Where messages are posted.</param>
/// <param name="Secrets">Signs for it.</param>
/// <param name="EventTypes">What it is told; all where it is empty.</param>
/// <param name="SkuPrefixes">Only SKUs that begin so; all where it is empty.</param>
/// <param name="Locations">Only these locations; all where it is empty.</param>
internal sealed record Subscriber(
    string Name, Uri Url, SigningSecrets Secrets, IReadOnlySet<string> EventTypes, IReadOnlyList<string> SkuPrefixes, IReadOnlySet<string> Locations)
{
    public bool Wants(string eventType, StockKey key) =>
        (EventTypes.Count == 0 || EventTypes.Contains(eventType))
        && (Locations.Count == 0 || Locations.Contains(key.LocationId))
        && (SkuPrefixes.Count == 0 || SkuPrefixes.Any(prefix => key.Sku.StartsWith(prefix, StringComparison.Ordinal)));
}
