using StockAuthority.Connectors.Marketplace.Amazon.Feeds;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Amazon;

/// <summary>
/// Section <c>Amazon</c>: the region's endpoint of the Selling Partner API, the application's Login with Amazon credentials, and whose listings
/// these are. Seller SKUs are our SKUs; <c>Amazon:Locations:0:LocationId</c> and <c>:FulfillmentChannelCode</c> and so on say which locations sell there.
/// </summary>
internal sealed record AmazonOptions(
    Uri BaseUrl, Uri TokenUrl, string ClientId, string ClientSecret, string RefreshToken, string SellerId, string MarketplaceId, IReadOnlyDictionary<string, string> Locations)
{
    /// <summary>How often what Amazon judges the seller by is read. <c>Amazon:SellerHealthInterval</c>.</summary>
    public required TimeSpan SellerHealthInterval { get; init; }

    /// <summary>How often a report is looked for that was asked for. <c>Amazon:ReportPollInterval</c>.</summary>
    public required TimeSpan ReportPollInterval { get; init; }

    /// <summary>
    /// When feeds are used: from <c>Amazon:FeedFrom</c> waiting levels on, 0 for never; a feed is looked at every <c>Amazon:FeedPollInterval</c>.
    /// By default as many as Amazon's guide to listings names, which patches take five minutes for.
    /// </summary>
    public required BulkTerms? Feeds { get; init; }

    /// <summary>How long a feed is waited for. <c>Amazon:FeedTimeLimit</c>.</summary>
    public required TimeSpan FeedTimeLimit { get; init; }

    /// <summary>The usage plan of patchListingsItem.</summary>
    public const int RequestsPerSecond = 5;

    public static AmazonOptions Read(SettingsReader settings)
    {
        var address = settings.RequiredAddress("Amazon:BaseUrl").ToString();
        var locations = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in settings.Configuration.GetSection("Amazon:Locations").GetChildren())
        {
            if (!locations.TryAdd(settings.Required($"{entry.Path}:LocationId"), settings.Required($"{entry.Path}:FulfillmentChannelCode")))
            {
                settings.Wrong($"Amazon:Locations names {entry["LocationId"]} twice");
            }
        }

        // Two levels that share one place there would overwrite each other for ever.
        if (locations.Count == 0 || locations.Values.Distinct(StringComparer.Ordinal).Count() < locations.Count)
        {
            settings.Wrong("Amazon:Locations names no location, or gives one FulfillmentChannelCode to several");
        }

        var feedFrom = settings.Number("Amazon:FeedFrom", 1500, 0, 1_000_000);
        var feedTimeLimit = settings.Duration("Amazon:FeedTimeLimit", TimeSpan.FromHours(6), TimeSpan.FromMilliseconds(50), TimeSpan.FromDays(7));
        var feedPollInterval = settings.Duration("Amazon:FeedPollInterval", TimeSpan.FromSeconds(15), TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(10));
        return new AmazonOptions(
            new Uri(address.EndsWith('/') ? address : address + "/"),
            settings.RequiredAddress("Amazon:TokenUrl"),
            settings.Required("Amazon:ClientId"),
            settings.RequiredSecret("Amazon:ClientSecret"),
            settings.RequiredSecret("Amazon:RefreshToken"),
            settings.Required("Amazon:SellerId"),
            settings.Required("Amazon:MarketplaceId"),
            locations)
        {
            Feeds = feedFrom == 0 ? null : new BulkTerms(feedFrom, FeedDocument.MostMessages, feedPollInterval, feedTimeLimit),
            FeedTimeLimit = feedTimeLimit,
            SellerHealthInterval = settings.Duration("Amazon:SellerHealthInterval", TimeSpan.FromHours(6), TimeSpan.FromMilliseconds(50), TimeSpan.FromDays(7)),
            ReportPollInterval = settings.Duration("Amazon:ReportPollInterval", TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(10)),
        };
    }
}
