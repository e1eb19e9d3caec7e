using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using StockAuthority.Connectors.Marketplace;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Simulators.Amazon;
using StockAuthority.Connectors.Simulators.Control;
using StockAuthority.Connectors.Tests.Hosts;
using Xunit;

namespace StockAuthority.Connectors.Tests.Marketplace;

public sealed class AmazonTests : IAsyncLifetime
{
    private const string Consumer = "marketplace-amazon";
    private readonly List<WebApplication> _connectors = [];
    private readonly ShiftedClock _clock = new();
    private FeedHost _feed = null!;
    private SquareHost _shop = null!;

    private Journal Journal => _feed.Journal;

    private IReadOnlyList<RequestRecord> Requests => [.. _shop.Log.RecentRequests.Where(request => request.IsWrite)];

    public async ValueTask InitializeAsync()
    {
        _feed = await FeedHost.StartAsync();
        _shop = await SquareHost.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connector in _connectors)
        {
            await connector.DisposeAsync();
        }

        await _feed.DisposeAsync();
        await _shop.DisposeAsync();
    }

    [Fact]
    public async Task A_change_is_shown_and_then_acknowledged()
    {
        var connector = await ConnectAsync();
        Journal.Append("ap/ple 1", 7);
        await CheckpointAsync(1);
        _shop.Log.RecentApplied.Select(change => (change.CatalogObjectId, change.LocationId, change.Quantity)).ShouldBe([("ap/ple 1", "DEFAULT", 7)]);
        var channel = connector.Services.GetRequiredService<ILevelChannel>();
        (await channel.ReadAsync([new("ap/ple 1", "shop")], CancellationToken.None)).ShouldBe([7]);
        (await channel.ReadAsync([new("ghost", "shop")], CancellationToken.None)).ShouldBe([null]);
    }

    [Fact]
    public async Task A_burst_on_one_key_becomes_few_calls_and_ends_at_the_latest_level()
    {
        await ConnectAsync();
        await _shop.FaultAsync("""{"latency_milliseconds":500}""");
        for (var available = 1; available <= 500; available++)
        {
            Journal.Append("apple", available);
        }

        await CheckpointAsync(500);
        Shown("apple").ShouldBe(500);
        Requests.Count.ShouldBeLessThan(10);
    }

    [Fact]
    public async Task The_usage_plan_is_kept_to_and_what_goes_beyond_waits_as_long_as_the_header_says()
    {
        for (var item = 1; item <= 20; item++)
        {
            Journal.Append($"item-{item}", item);
        }

        await ConnectAsync();
        await CheckpointAsync(20);
        _shop.Log.AppliedChanges.ShouldBe(20);
        (Requests[^1].ReceivedAt - Requests[0].ReceivedAt).ShouldBeGreaterThan(TimeSpan.FromSeconds(2), "15 beyond the first 5 take 3 seconds, less what the first call was late");
        Requests.Count(request => request.Status == 429).ShouldBeLessThan(5);

        await _shop.FaultAsync("""{"status":429,"count":1}""");
        var before = Requests.Count;
        Journal.Append("item-1", 21);
        await CheckpointAsync(21);
        (Requests[before + 1].ReceivedAt - Requests[before].ReceivedAt).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(180));
        Shown("item-1").ShouldBe(21);
    }

    [Theory]
    [InlineData("""{"status":500,"count":2,"after_apply":true}""")]
    [InlineData("""{"status":503,"count":2}""")]
    [InlineData("""{"status":403,"count":2}""")]
    public async Task What_fails_is_repeated_and_nothing_is_parked(string fault)
    {
        await _shop.FaultAsync(fault);
        await ConnectAsync();
        Journal.Append("apple", 3);
        await CheckpointAsync(1);
        Shown("apple").ShouldBe(3);
        Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_refused_listing_and_an_unmapped_location_block_no_other()
    {
        using var refused = new CounterProbe("stockauthority.connectors.levels.refused", "amazon");
        await _shop.FaultAsync("""{"refused_inventory_item_ids":["pear"]}""");
        Journal.Append("apple", 1);
        Journal.Append("pear", 2);
        Journal.Append("plum", 3, location: "moon");
        Journal.Append("fig", 4);
        await ConnectAsync();
        await CheckpointAsync(4);
        _shop.Log.RecentApplied.Select(change => change.CatalogObjectId).ShouldBe(["apple", "fig"]);
        refused.Total.ShouldBe(2);
    }

    [Fact]
    public async Task A_token_is_renewed_before_it_expires_and_when_it_is_refused()
    {
        var connector = await ConnectAsync();
        var listings = _shop.Service<AmazonListings>();
        Journal.Append("apple", 1);
        await CheckpointAsync(1);

        // It ends before its time: the call is refused, and the next one has a new token.
        listings.ExpireTokens();
        Journal.Append("apple", 2);
        await CheckpointAsync(2);
        Requests.Count(request => request.Status == 403).ShouldBe(1);

        listings.ExpireTokens();
        _clock.Advance(TimeSpan.FromMinutes(59));
        Journal.Append("apple", 3);
        await CheckpointAsync(3);
        Requests.Count(request => request.Status == 403).ShouldBe(1);
        Shown("apple").ShouldBe(3);
        connector.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_refresh_token_that_is_refused_parks_nothing()
    {
        await ConnectAsync("--Amazon:RefreshToken=old");
        Journal.Append("apple", 1);
        await Eventually.HoldsAsync(() => _shop.Service<AmazonListings>().RefusedGrants >= 3);
        Journal.Checkpoint(Consumer).ShouldBe(0);
        Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--Amazon:ClientSecret=", "Amazon__ClientSecret")]
    [InlineData("--Amazon:Locations:1:LocationId=store", "Amazon:Locations:1:FulfillmentChannelCode is not set")]
    [InlineData("--Amazon:Locations:0:LocationId=", "Amazon:Locations:0:LocationId is not set")]
    [InlineData("--Marketplace:Channel=bazaar", "Marketplace:Channel is neither shopify nor amazon")]
    public async Task An_unusable_setting_is_named(string setting, string sentence)
    {
        using var errors = new StringWriter();
        (await MarketplaceConnector.RunAsync(Settings(setting), errors)).ShouldBe(1);
        errors.ToString().ShouldContain(sentence);
    }

    private string[] Settings(params string[] more) =>
    [
        .. ConnectorHost.Of(_feed),
        "--Channel:CustomerSentence=The last units are shown.", "--Channel:Owner=nobody", "--Channel:InitialRollout=100",
        "--Connector:RetryDelay=00:00:00.020",
        "--Connector:MaxRetryDelay=00:00:02",
        "--Connector:BreakDuration=00:00:00.500",
        "--Connector:PushesPerSecond=1000",
        "--Marketplace:Channel=amazon",
        $"--Amazon:BaseUrl={_shop.Address}",
        $"--Amazon:TokenUrl={_shop.Address}/auth/o2/token",
        "--Amazon:ClientId=app",
        "--Amazon:ClientSecret=secret",
        $"--Amazon:RefreshToken={SquareHost.Token}",
        "--Amazon:SellerId=SELLER",
        "--Amazon:MarketplaceId=A1PA6795UKMFR9",
        "--Amazon:Locations:0:LocationId=shop",
        "--Amazon:Locations:0:FulfillmentChannelCode=DEFAULT",
        .. more,
    ];

    private async Task<WebApplication> ConnectAsync(params string[] settings)
    {
        var app = await ConnectorHost.StartAsync(MarketplaceConnector.Configure, Settings(settings), _clock);
        _connectors.Add(app);
        return app;
    }

    private decimal Shown(string sku) => _shop.Log.RecentApplied.Last(change => change.CatalogObjectId == sku).Quantity;

    private Task CheckpointAsync(long sequence) => Eventually.HoldsAsync(() => Journal.Checkpoint(Consumer) == sequence, $"the checkpoint is {sequence}");
}
