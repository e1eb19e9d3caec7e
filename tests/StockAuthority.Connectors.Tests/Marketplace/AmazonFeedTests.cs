using Microsoft.AspNetCore.Builder;
using Shouldly;
using StockAuthority.Connectors.Marketplace;
using StockAuthority.Connectors.Simulators.Amazon;
using StockAuthority.Connectors.Simulators.Control;
using StockAuthority.Connectors.Tests.Hosts;
using StockAuthority.Operations.V1;
using Xunit;

namespace StockAuthority.Connectors.Tests.Marketplace;

/// <summary>Many waiting levels go as one feed, which Amazon applies when it likes.</summary>
public sealed class AmazonFeedTests : IAsyncLifetime
{
    private const string Consumer = "marketplace-amazon";
    private readonly List<WebApplication> _connectors = [];
    private FeedHost _feed = null!;
    private SquareHost _shop = null!;

    private Journal Journal => _feed.Journal;

    private ChannelDesk Desk => _feed.Desk;

    private AmazonFeedStore Store => _shop.Service<AmazonFeedStore>();

    private IReadOnlyList<RequestRecord> Patches => [.. _shop.Log.RecentRequests.Where(request => request.Method == "PATCH")];

    private IReadOnlyList<RequestRecord> Creations => [.. _shop.Log.RecentRequests.Where(request => request is { IsWrite: true, Method: "POST" })];

    public async ValueTask InitializeAsync()
    {
        _feed = await FeedHost.StartAsync();
        _shop = await SquareHost.StartAsync();
        Treat(new FeedTreatment());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connector in _connectors)
        {
            await connector.DisposeAsync();
        }

        Treat(new FeedTreatment());
        await _feed.DisposeAsync();
        await _shop.DisposeAsync();
    }

    [Fact]
    public async Task Several_thousand_levels_go_as_few_calls_and_end_right()
    {
        for (var item = 1; item <= 6_000; item++)
        {
            Journal.Append($"item-{item}", item);
        }

        await ConnectAsync();
        await CheckpointAsync();
        for (var item = 1; item <= 6_000; item++)
        {
            Shown($"item-{item}").ShouldBe(item);
        }

        Store.Feeds.ShouldHaveSingleItem().Messages.ShouldBeGreaterThan(5_900);
        _shop.Log.Requests.ShouldBeLessThan(200);
        Desk.Cases.ShouldBeEmpty();
    }

    [Fact]
    public async Task Refused_messages_become_cases_with_request_and_response_and_the_others_pass()
    {
        await _shop.FaultAsync("""{"refused_inventory_item_ids":["item-7","item-9"]}""");
        AppendItems(30);
        Journal.Append("item-30", 30, location: "moon");
        await ConnectAsync();
        await CheckpointAsync();
        await Eventually.HoldsAsync(() => Desk.Open.Count == 3);
        Desk.Cases.Select(each => (each.Kind, each.Sku, each.LocationId, each.Reason)).Order().ShouldBe(
        [
            (ExceptionKind.LevelRefused, "item-30", "moon", "UNKNOWN_LOCATION"), (ExceptionKind.LevelRefused, "item-7", "shop", "4000002"), (ExceptionKind.LevelRefused, "item-9", "shop", "4000002"),
        ]);
        var evidence = Desk.Cases.Single(each => each.Sku == "item-7").Evidence;
        evidence.Request.ShouldContain($"feed {Store.Feeds[0].FeedId} message");
        evidence.Response.ShouldContain("'quantity' is not valid.");
        Shown("item-8").ShouldBe(8);

        await _shop.FaultAsync("{}");
        Journal.Append("item-7", 70);
        await Eventually.HoldsAsync(() => Desk.Open.All(each => each.Sku != "item-7"));
        Shown("item-7").ShouldBe(70);
    }

    [Fact]
    public async Task While_a_feed_is_under_way_its_levels_are_neither_patched_nor_acknowledged_and_others_go_on()
    {
        Treat(new FeedTreatment { Held = true });
        AppendItems(30);
        await ConnectAsync();
        await Eventually.HoldsAsync(() => Store.Feeds.Any(feed => feed.ProcessingStatus == "IN_PROGRESS"));
        Journal.Append("item-5", 500);
        Journal.Append("other", 1);
        await Eventually.HoldsAsync(() => Shown("other") == 1);
        Journal.Checkpoint(Consumer).ShouldBe(0);
        Patches.ShouldNotContain(request => request.Path.EndsWith("/item-5", StringComparison.Ordinal));
        Treat(new FeedTreatment());
        await CheckpointAsync();
        Shown("item-5").ShouldBe(500);
        Applied("item-5").ShouldBe([5, 500]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AConnector_that_ends_while_a_feed_is_under_way_pushes_nothing_before_it_has_ended(bool hasEndedBefore)
    {
        Treat(new FeedTreatment { Held = true });
        AppendItems(30);
        var first = await ConnectAsync();
        await Eventually.HoldsAsync(() => Store.Feeds.Any(feed => feed.ProcessingStatus == "IN_PROGRESS"));
        await StopAsync(first);
        Journal.Append("item-5", 500);
        if (hasEndedBefore)
        {
            Treat(new FeedTreatment());
            await Eventually.HoldsAsync(() => Store.Feeds[0].ProcessingStatus == "DONE");
        }

        await ConnectAsync("--Amazon:FeedFrom=1000");
        if (!hasEndedBefore)
        {
            await LooksAtAsync(Store.Feeds[0]);
            Patches.ShouldBeEmpty();
            Journal.Checkpoint(Consumer).ShouldBe(0);
            Treat(new FeedTreatment());
        }

        await CheckpointAsync();
        Applied("item-5").ShouldBe([5, 500]);
        Shown("item-6").ShouldBe(6);
    }

    [Theory]
    [InlineData("""{"reset":true,"count":1,"after_apply":true,"where":"POST /feeds/2021-06-30/feeds"}""", 1)]
    [InlineData("""{"status":500,"count":1,"where":"POST /feeds/2021-06-30/feeds"}""", 0)]
    [InlineData("""{"status":504,"count":1,"apply_later_milliseconds":600,"where":"POST /feeds/2021-06-30/feeds"}""", 1)]
    public async Task AFeed_of_which_nobody_knows_whether_it_was_begun_is_waited_for_and_its_levels_are_sent_again(string fault, int begun)
    {
        Treat(new FeedTreatment { Held = true });
        await _shop.FaultAsync(fault);
        AppendItems(30);
        await ConnectAsync();
        await Eventually.HoldsAsync(() => Creations.Count == 1);
        Journal.Append("item-5", 500);
        Journal.Append("other", 1);
        await Eventually.HoldsAsync(() => Shown("other") == 1);
        if (begun == 1)
        {
            await Eventually.HoldsAsync(() => Store.Feeds.Count == 1);
            await LooksAtAsync(Store.Feeds[0]);
            Applied("item-5").ShouldBeEmpty();
        }

        Treat(new FeedTreatment());
        await CheckpointAsync();
        Shown("item-5").ShouldBe(500);
        Applied("item-5").SkipWhile(units => units != 500).ShouldAllBe(units => units == 500, "nothing older came after it");
        Shown("item-30").ShouldBe(30);
    }

    [Theory]
    [InlineData("FATAL", false, false)]
    [InlineData("CANCELLED", false, false)]
    [InlineData("DONE", true, false)]
    [InlineData("DONE", false, true)]
    public async Task AFeed_that_does_not_account_for_its_levels_is_not_believed_and_they_are_sent_again(string endsAs, bool losesReport, bool miscounts)
    {
        Treat(new FeedTreatment { EndsAs = endsAs, AppliesBeforeFatal = 10, LosesReport = losesReport, MiscountsReport = miscounts });
        AppendItems(30);
        await ConnectAsync("--Connector:MaxRetryDelay=00:01:00", "--Connector:RetryDelay=00:00:02");
        await Eventually.HoldsAsync(() => Store.Feeds.Any(feed => feed.ProcessingStatus == endsAs));
        Journal.Checkpoint(Consumer).ShouldBe(0);
        Treat(new FeedTreatment());
        await CheckpointAsync();
        for (var item = 1; item <= 30; item++)
        {
            Shown($"item-{item}").ShouldBe(item);
        }

        (Patches.Count + Store.Feeds.Skip(1).Sum(feed => feed.Messages)).ShouldBeGreaterThanOrEqualTo(30);
    }

    [Fact]
    public async Task Feeds_that_keep_failing_are_one_case_while_levels_go_one_after_another()
    {
        Treat(new FeedTreatment { EndsAs = "FATAL" });
        AppendItems(20);
        await ConnectAsync("--Connector:MaxRetryDelay=00:00:00.500");
        await Eventually.HoldsAsync(() => Desk.Open.Count > 0);
        (Desk.Open.Single().Kind, Desk.Open.Single().Reason).ShouldBe((ExceptionKind.DeliveryFailed, "FEED_FATAL"));
        Desk.Cases[0].Evidence.Request.ShouldContain("feed ");
        Treat(new FeedTreatment());
        await CheckpointAsync();
        Shown("item-20").ShouldBe(20);
    }

    [Fact]
    public async Task AThrottled_createFeed_is_left_alone_while_levels_go_one_after_another()
    {
        await _shop.FaultAsync("""{"status":429,"retry_after_seconds":3600,"where":"POST /feeds/2021-06-30/feeds"}""");
        AppendItems(25);
        await ConnectAsync();
        await CheckpointAsync();
        Creations.Count.ShouldBe(1);
        Patches.Count(request => request.Status == 200).ShouldBe(25);
        Shown("item-25").ShouldBe(25);
    }

    [Fact]
    public async Task AFeed_that_does_not_end_within_its_time_is_given_up_and_what_it_does_later_is_mended()
    {
        Treat(new FeedTreatment { Held = true });
        AppendItems(20);
        await ConnectAsync("--Amazon:FeedTimeLimit=00:00:01");
        await Eventually.HoldsAsync(() => Desk.Open.Any(each => each is { Kind: ExceptionKind.DeliveryFailed, Reason: "TIMEOUT" }));
        Journal.Append("item-5", 500);
        await CheckpointAsync();
        Shown("item-5").ShouldBe(500);
        Treat(new FeedTreatment());
        await Eventually.HoldsAsync(() => Applied("item-5").Contains(5L) && Store.Feeds[0].ProcessingStatus == "DONE");
        await Eventually.HoldsAsync(() => Shown("item-5") == 500 && Applied("item-5")[^1] == 500);
    }

    [Fact]
    public async Task What_the_report_shows_otherwise_is_read_back_and_becomes_a_case_where_Amazon_does_not_list_it()
    {
        await _shop.FaultAsync("""{"unlisted_skus":["item-7"]}""");
        AppendItems(20);
        await ConnectAsync();
        await CheckpointAsync();
        await Eventually.HoldsAsync(() => Desk.Open.Count > 0);
        (Desk.Open.Single().Kind, Desk.Open.Single().Sku, Desk.Open.Single().Reason).ShouldBe((ExceptionKind.LevelRefused, "item-7", "NOT_FOUND"));
        Shown("item-8").ShouldBe(8);
    }

    [Fact]
    public async Task While_Amazon_does_not_say_which_feeds_are_under_way_nothing_is_pushed_and_people_are_told_where_it_refuses()
    {
        await _shop.FaultAsync("""{"status":403,"where":"GET /feeds/2021-06-30/feeds"}""");
        AppendItems(3);
        await ConnectAsync();
        await Eventually.HoldsAsync(() => Desk.Open.Count > 0);
        Desk.Cases.ShouldHaveSingleItem().Evidence.Response.ShouldContain("403");
        Patches.ShouldBeEmpty();
        await _shop.FaultAsync("{}");
        await CheckpointAsync();
        await Eventually.HoldsAsync(() => Desk.Open.Count == 0);
        Shown("item-3").ShouldBe(3);
    }

    /// <summary>Until the connector has seen twice that it is under way.</summary>
    private Task LooksAtAsync(AmazonFeedStore.Feed feed)
    {
        int Looks() => _shop.Log.RecentRequests.Count(request => request.Path.EndsWith("/" + feed.FeedId, StringComparison.Ordinal));
        var before = Looks();
        return Eventually.HoldsAsync(() => Looks() >= before + 2);
    }

    private void AppendItems(int count)
    {
        for (var item = 1; item <= count; item++)
        {
            Journal.Append($"item-{item}", item);
        }
    }

    private void Treat(FeedTreatment treatment) => Store.Treat(treatment with { QueueMilliseconds = 10, ProcessingMilliseconds = 20 });

    private async Task<WebApplication> ConnectAsync(params string[] settings)
    {
        var app = await ConnectorHost.StartAsync(
            MarketplaceConnector.Configure,
            [
                .. ConnectorHost.Of(_feed), .. PosHost.Quick,
                "--Marketplace:Channel=amazon", $"--Amazon:BaseUrl={_shop.Address}", $"--Amazon:TokenUrl={_shop.Address}/auth/o2/token", "--Amazon:ClientId=app", "--Amazon:ClientSecret=secret",
                $"--Amazon:RefreshToken={SquareHost.Token}", "--Amazon:SellerId=SELLER", "--Amazon:MarketplaceId=A1PA6795UKMFR9",
                "--Amazon:Locations:0:LocationId=shop", "--Amazon:Locations:0:FulfillmentChannelCode=DEFAULT",
                "--Amazon:FeedFrom=10", "--Amazon:FeedPollInterval=00:00:00.300", .. settings,
            ]);
        _connectors.Add(app);
        return app;
    }

    private async Task StopAsync(WebApplication connector)
    {
        _connectors.Remove(connector);
        await connector.StopAsync();
        await connector.DisposeAsync();
    }

    private long? Shown(string sku) => _shop.Service<AmazonListings>().Of("SELLER", sku).TryGetValue("DEFAULT", out var units) ? units : null;

    private long[] Applied(string sku) => [.. _shop.Log.RecentApplied.Where(change => change.CatalogObjectId == sku).Select(change => (long)change.Quantity)];

    private Task CheckpointAsync() => Eventually.HoldsAsync(() => Journal.Checkpoint(Consumer) == Journal.Head, "everything is acknowledged");
}
