using StockAuthority.Connectors.Simulators.Amazon;
using StockAuthority.Connectors.Tests.Hosts;

namespace StockAuthority.Connectors.Tests.Compliance;

/// <summary>The marketplace connector with Amazon's simulator. Amazon takes one level a call, knows no idempotency keys, and five calls a second.</summary>
public sealed class AmazonComplianceTests : LevelChannelCompliance
{
    private protected override string Consumer => AmazonStand.Consumer;

    private protected override async Task<IChannelStand> StandAsync() => new AmazonStand(await SquareHost.StartAsync(), feedFrom: 0);
}

/// <summary>The same, where three waiting levels are enough for a feed.</summary>
public sealed class AmazonFeedsComplianceTests : LevelChannelCompliance
{
    private protected override string Consumer => AmazonStand.Consumer;

    private protected override async Task<IChannelStand> StandAsync()
    {
        var shop = await SquareHost.StartAsync();
        shop.Service<AmazonFeedStore>().Treat(new FeedTreatment { QueueMilliseconds = 20, ProcessingMilliseconds = 50 });
        return new AmazonStand(shop, feedFrom: 3);
    }
}

internal sealed class AmazonStand(SquareHost shop, int feedFrom) : IChannelStand
{
    public const string Consumer = "marketplace-amazon";
    private const string Seller = "SELLER";

    // What it answered 429 is not one: both count to five a second, but not from the same moment.
    public int Calls => shop.Log.RecentRequests.Count(request => request.IsWrite && request.Status != 429);

    public bool KnowsKeys => false;

    public IReadOnlyList<(string Sku, long Units)> Applied => [.. shop.Log.RecentApplied.Select(change => (change.CatalogObjectId, (long)change.Quantity))];

    public async Task<IAsyncDisposable> ConnectAsync(FeedHost feed, params string[] settings) => await MarketplaceHost.StartAsync(
        feed,
        [
            "--Marketplace:Channel=amazon", $"--Amazon:BaseUrl={shop.Address}", $"--Amazon:TokenUrl={shop.Address}/auth/o2/token", "--Amazon:ClientId=app", "--Amazon:ClientSecret=secret",
            $"--Amazon:RefreshToken={SquareHost.Token}", $"--Amazon:SellerId={Seller}", "--Amazon:MarketplaceId=A1PA6795UKMFR9",
            "--Connector:PushesPerSecond=5", "--Amazon:Locations:0:LocationId=shop", "--Amazon:Locations:0:FulfillmentChannelCode=DEFAULT", "--Amazon:Locations:1:LocationId=outlet", "--Amazon:Locations:1:FulfillmentChannelCode=OUTLET",
            $"--Amazon:FeedFrom={feedFrom}", "--Amazon:FeedPollInterval=00:00:00.200", .. settings,
        ]);

    public Task FaultAsync(ChannelFault fault) => shop.FaultAsync(fault switch
    {
        ChannelFault.RefusesOne => """{"refused_inventory_item_ids":["refused"]}""",
        ChannelFault.KnowsNotOne => """{"unlisted_skus":["refused"]}""",
        ChannelFault.NonsenseAboutOne => """{"unanswerable_ids":["refused"]}""",
        _ => CommonFaults.Of(fault),
    });

    public long? LargestQuantity => AvailabilityChange.LargestQuantity;

    public (string Sku, string Location) MappedKey => ("plum", "outlet");

    public async Task<string[]> MapWrongAsync()
    {
        await shop.FaultAsync("""{"unknown_channel_codes":["SHUT"]}""");
        return ["--Amazon:Locations:1:FulfillmentChannelCode=SHUT"];
    }

    public Task<long?> ShownAsync(string sku) =>
        Task.FromResult(shop.Service<AmazonListings>().Of(Seller, sku).TryGetValue("DEFAULT", out var units) ? units : (long?)null);

    public Task OverwriteAsync(string sku, long units)
    {
        shop.Service<AmazonListings>().Set(Seller, sku, "DEFAULT", units);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => shop.DisposeAsync();
}
