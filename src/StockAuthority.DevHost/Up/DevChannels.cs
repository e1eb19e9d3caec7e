using System.Globalization;
using System.Text.Json;

namespace StockAuthority.DevHost.Up;

/// <summary>Files that channels read: the sample subscriber's secret, and what the demo tenant's SKUs and locations are in the Shopify shop.</summary>
internal sealed record DevChannels(string SubscriberSecretFile, string ShopifyMappingFile)
{
    public static DevChannels Write(Checkout checkout, DevSecrets secrets)
    {
        var channels = new DevChannels(Path.Combine(checkout.Dev, "sample-subscriber.secret"), Path.Combine(checkout.Dev, "shopify-mapping.json"));
        PrivateFile.Write(channels.SubscriberSecretFile, secrets.SubscriberSecret);
        PrivateFile.Write(channels.ShopifyMappingFile, JsonSerializer.Serialize(new
        {
            inventory_items = Ids(Seed.Skus, "InventoryItem"),
            locations = Ids(Seed.Locations, "Location"),
        }));
        return channels;
    }

    private static Dictionary<string, string> Ids(IEnumerable<string> names, string type) =>
        names.Index().ToDictionary(name => name.Item, name => string.Create(CultureInfo.InvariantCulture, $"gid://shopify/{type}/{name.Index + 1}"), StringComparer.Ordinal);
}
