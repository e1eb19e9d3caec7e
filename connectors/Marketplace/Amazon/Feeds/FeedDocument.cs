using System.Text.Json;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Amazon.Feeds;

/// <summary>
/// The document of one feed: a patch for each level. At most 25,000 messages and 10 MiB, as Amazon publishes; of each SKU one level only, because nothing is published
/// about two messages for one listing.
/// </summary>
internal sealed record FeedDocument(byte[] Json, IReadOnlyList<int> Included, IReadOnlyDictionary<int, Refusal> Refused)
{
    /// <summary>"Items per request increases from 10,000 to 25,000 per feed": the SP-API changelog of May 6th, 2025.</summary>
    public const int MostMessages = 25_000;

    /// <summary>"Keep file size less than 10 MiB": Feeds API best practices.</summary>
    private const int MostBytes = 10 * 1024 * 1024 - 1;

    public static FeedDocument Of(IReadOnlyList<LevelChange> changes, AmazonOptions amazon)
    {
        var included = new List<int>(changes.Count);
        var refused = new Dictionary<int, Refusal>();
        var skus = new HashSet<string>(StringComparer.Ordinal);
        using var buffer = new MemoryStream();
        buffer.Write("{\"header\":"u8);
        buffer.Write(JsonSerializer.SerializeToUtf8Bytes(new FeedHeader(amazon.SellerId, "2.0", new FeedReport(["fulfillmentAvailability"], "2021-08-01")), FeedsJson.Default.FeedHeader));
        buffer.Write(",\"messages\":["u8);
        for (var position = 0; position < changes.Count && included.Count < MostMessages; position++)
        {
            var change = changes[position];
            if (AvailabilityPatch.Of(change, amazon) is not { } operation)
            {
                refused[position] = AvailabilityPatch.UnknownLocation(change, "");
                continue;
            }

            if (!skus.Add(change.Key.Sku))
            {
                continue;
            }

            var message = JsonSerializer.SerializeToUtf8Bytes(
                new FeedMessage(included.Count + 1, change.Key.Sku, "PATCH", AvailabilityPatch.ProductType, [operation]), FeedsJson.Default.FeedMessage);
            if (buffer.Length + message.Length + 3 > MostBytes)
            {
                break;
            }

            buffer.Write(included.Count == 0 ? ""u8 : ","u8);
            buffer.Write(message);
            included.Add(position);
        }

        buffer.Write("]}"u8);
        return new FeedDocument(buffer.ToArray(), included, refused);
    }
}
