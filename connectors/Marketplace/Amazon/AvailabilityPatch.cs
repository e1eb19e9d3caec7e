using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Amazon;

/// <summary>The change of a listing that makes it show a level, by a call of its own or in a feed.</summary>
internal static class AvailabilityPatch
{
    /// <summary>For changes that no product type has rules of its own for.</summary>
    public const string ProductType = "PRODUCT";

    /// <summary>Null where the location is no fulfilment channel.</summary>
    public static PatchOperation? Of(LevelChange change, AmazonOptions amazon) => amazon.Locations.TryGetValue(change.Key.LocationId, out var channelCode)

        // Amazon takes no quantity below zero: what cannot be promised is not for sale.
        // Merge, not replace: what else is said of the channel, such as a lead time, stays.
        ? new PatchOperation("merge", "/attributes/fulfillment_availability", [new FulfillmentAvailabilityPatch(channelCode, Quantity(change))])
        : null;

    public static long Quantity(LevelChange change) => Math.Max(0, change.Available);

    public static Refusal UnknownLocation(LevelChange change, string requestId) =>
        new(0, "UNKNOWN_LOCATION", null, $"Amazon:Locations does not name {change.Key.LocationId}.", requestId, null);
}
