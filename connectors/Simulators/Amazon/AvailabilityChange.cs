using System.Text.Json.Nodes;
using StockAuthority.Connectors.Simulators.Control;

namespace StockAuthority.Connectors.Simulators.Amazon;

/// <summary>What a patch of a listing changes, whether it comes by itself or in a feed.</summary>
internal sealed record AvailabilityChange(string Channel, long Quantity)
{
    /// <summary>Amazon publishes no maximum; its product type definitions have none. What it takes is nonetheless an integer.</summary>
    public const long LargestQuantity = int.MaxValue;

    /// <summary>Null where these are not patches of fulfilment availability.</summary>
    public static IReadOnlyList<AvailabilityChange>? Read(JsonNode? message)
    {
        List<AvailabilityChange> changes = [];
        try
        {
            _ = (string)message!["productType"]!;
            foreach (var patch in message["patches"]!.AsArray())
            {
                if ((string?)patch!["op"] is not ("merge" or "replace" or "add") || (string?)patch["path"] != "/attributes/fulfillment_availability")
                {
                    return null;
                }

                changes.AddRange(patch["value"]!.AsArray().Select(value => new AvailabilityChange((string)value!["fulfillment_channel_code"]!, (long)value["quantity"]!)));
            }
        }
        catch (Exception failure) when (failure is InvalidOperationException or FormatException or NullReferenceException or ArgumentNullException)
        {
            return null;
        }

        return changes;
    }

    /// <summary>Why Amazon refuses it for good; null where it does not.</summary>
    public static (string Code, string Message)? Issue(string sku, IReadOnlyList<AvailabilityChange> changes, Fault fault) =>
        changes.FirstOrDefault(change => fault.UnknownChannelCodes.Contains(change.Channel, StringComparer.Ordinal)) is { } unknown
            ? ("4000003", $"'{unknown.Channel}' is not a valid value for 'fulfillment_channel_code'.")
        : changes.Any(change => change.Quantity is < 0 or > LargestQuantity) || fault.RefusedInventoryItemIds.Contains(sku, StringComparer.Ordinal)
            ? ("4000002", "'quantity' is not valid.")
            : null;

    /// <summary>Makes it, but for a SKU that is not listed: that one Amazon takes for the beginning of a listing that it does not show.</summary>
    public static void Apply(string seller, string sku, IReadOnlyList<AvailabilityChange> changes, AmazonListings listings, Fault fault, RequestLog log, TimeProvider clock)
    {
        foreach (var (channel, quantity) in changes.Where(_ => !fault.UnlistedSkus.Contains(sku, StringComparer.Ordinal)))
        {
            listings.Set(seller, sku, channel, quantity);
            log.Applied(new Square.CountChange(sku, channel, quantity, clock.GetUtcNow(), null));
        }
    }
}
