using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Tests.Hosts;
using StockAuthority.Inventory.V1;
using Xunit;

namespace StockAuthority.Connectors.Tests.Marketplace;

public sealed class ShopifyTests : ShopifyFixture
{
    [Fact]
    public async Task A_change_is_shown_and_then_acknowledged()
    {
        await ConnectAsync();
        Journal.Append("apple", 7);
        await CheckpointAsync(1);
        (await QuantityAsync("apple")).ShouldBe(7);
    }

    [Fact]
    public async Task A_burst_on_one_key_becomes_few_calls_and_ends_at_the_latest_level()
    {
        await ConnectAsync();
        await Shop.FaultAsync("""{"latency_milliseconds":500}""");
        for (var available = 1; available <= 500; available++)
        {
            Journal.Append("apple", available);
        }

        await CheckpointAsync(500);
        (await QuantityAsync("apple")).ShouldBe(500);
        Pushes.Count.ShouldBeLessThan(10);
    }

    [Fact]
    public async Task More_levels_than_one_call_takes_go_out_in_several()
    {
        for (var item = 1; item <= 600; item++)
        {
            Journal.Append($"item-{item}", item);
        }

        await ConnectAsync();
        await CheckpointAsync(600);
        Pushes.Select(push => push.Changes).ShouldBe([250, 250, 100]);
        (await QuantityAsync("item-600")).ShouldBe(600);
    }

    [Fact]
    public async Task A_throttled_answer_is_no_success_and_is_repeated_once_the_bucket_holds_enough()
    {
        await Shop.FaultAsync("""{"error_code":"THROTTLED","count":1}""");
        await ConnectAsync();
        Journal.Append("apple", 3);
        await CheckpointAsync(1);
        (await QuantityAsync("apple")).ShouldBe(3);
        (Requests[1].ReceivedAt - Requests[0].ReceivedAt).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(80));
        Requests[0].ErrorCode.ShouldBe("THROTTLED");
    }

    [Theory]
    [InlineData("""{"status":429,"retry_after_seconds":1,"count":1}""")]
    [InlineData("""{"status":503,"retry_after_seconds":1,"count":1}""")]
    public async Task A_Retry_After_is_honoured(string fault)
    {
        await Shop.FaultAsync(fault);
        await ConnectAsync();
        Journal.Append("apple", 3);
        await CheckpointAsync(1);
        (Requests[1].ReceivedAt - Requests[0].ReceivedAt).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(980));
    }

    [Fact]
    public async Task A_push_whose_answer_was_lost_is_repeated_with_its_key_and_applied_once()
    {
        await Shop.FaultAsync("""{"status":500,"count":2,"after_apply":true}""");
        await ConnectAsync();
        Journal.Append("apple", 3);
        await CheckpointAsync(1);
        Pushes.Select(push => push.IdempotencyKey).Distinct().ShouldHaveSingleItem().ShouldNotBeNull();
        Pushes.Select(push => push.Replayed).ShouldBe([false, true, true]);
        Shop.Log.AppliedChanges.ShouldBe(1);
    }

    [Fact]
    public async Task A_newer_level_after_a_lost_answer_is_set_and_is_no_drift()
    {
        using var differing = new CounterProbe("stockauthority.connectors.levels.differing", "shopify");
        await ConnectAsync("--Connector:RetryAttempts=1");
        Journal.Append("apple", 1);
        await CheckpointAsync(1);
        await Shop.FaultAsync("""{"status":500,"after_apply":true}""");
        Journal.Append("apple", 2);
        await Eventually.HoldsAsync(() => Shop.Log.RecentApplied.Any(change => change.Quantity == 2));
        Journal.Append("apple", 3);
        await Eventually.HoldsAsync(() => Pushes.Any(push => push.ErrorCode == "CHANGE_FROM_QUANTITY_STALE"));
        await Shop.FaultAsync("{}");
        await CheckpointAsync(3);
        (await QuantityAsync("apple")).ShouldBe(3);
        Shop.Log.RecentApplied.Select(change => change.Quantity).ShouldBe([1, 2, 3]);
        differing.Total.ShouldBe(0);
    }

    [Fact]
    public async Task A_shop_that_does_not_answer_in_time_is_asked_again()
    {
        await Shop.FaultAsync("""{"latency_milliseconds":60000}""");
        await ConnectAsync("--Connector:AttemptTimeout=00:00:00.100");
        Journal.Append("apple", 3);
        await Eventually.HoldsAsync(() => Requests.Count >= 2);
        await Shop.FaultAsync("{}");
        await CheckpointAsync(1);
        (await QuantityAsync("apple")).ShouldBe(3);
    }

    [Theory]
    [InlineData("""{"status":503}""")]
    [InlineData("""{"status":401}""")]
    [InlineData("""{"status":403}""")]
    [InlineData("""{"status":402}""")]
    [InlineData("""{"error_code":"ACCESS_DENIED"}""")]
    [InlineData("""{"error_code":"INTERNAL_SERVER_ERROR"}""")]
    public async Task While_the_shop_takes_nothing_nothing_is_acknowledged_or_parked_and_afterwards_the_latest_levels_arrive(string fault)
    {
        await ConnectAsync();
        Journal.Append("apple", 1);
        await CheckpointAsync(1);
        await Shop.FaultAsync(fault);
        Journal.Append("pear", 40);
        for (var available = 2; available <= 50; available++)
        {
            Journal.Append("apple", available);
        }

        await Eventually.HoldsAsync(() => Requests.Count >= 4);
        Journal.Checkpoint(Consumer).ShouldBe(1);
        await Shop.FaultAsync("{}");
        await CheckpointAsync(51);
        (await QuantityAsync("apple")).ShouldBe(50);
        (await QuantityAsync("pear")).ShouldBe(40);
    }

    [Theory]
    [InlineData("true", 3)]
    [InlineData("false", 17)]
    public async Task A_refused_item_blocks_no_other(string namesField, int mostPushes)
    {
        await Shop.FaultAsync($$"""{"refused_inventory_item_ids":["{{Item("item-37")}}"],"refusal_code":"ITEM_NOT_STOCKED_AT_LOCATION","refusal_names_field":{{namesField}}}""");
        for (var item = 1; item <= 250; item++)
        {
            Journal.Append($"item-{item}", item);
        }

        using var refused = new CounterProbe("stockauthority.connectors.levels.refused");
        await ConnectAsync();
        await CheckpointAsync(250);
        Shop.Log.AppliedChanges.ShouldBe(249);
        Pushes.Count.ShouldBeLessThanOrEqualTo(mostPushes);
        refused.Total.ShouldBeGreaterThanOrEqualTo(1);

        await Shop.FaultAsync("{}");
        Journal.Append("item-37", 38);
        await ShownAsync("item-37", 38);
    }

    [Fact]
    public async Task What_the_mapping_does_not_have_is_refused_without_a_call_and_blocks_no_other()
    {
        using var refused = new CounterProbe("stockauthority.connectors.levels.refused");
        Journal.Append("ghost", 1);
        Journal.Append("apple", 2);
        Journal.Append("pear", 3, location: "moon");
        Journal.Append("plum", 3_000_000_000);
        await ConnectAsync();
        await CheckpointAsync(4);
        (await QuantityAsync("apple")).ShouldBe(2);
        Shop.Log.AppliedChanges.ShouldBe(1);
        refused.Total.ShouldBeGreaterThanOrEqualTo(3);
        Pushes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_request_that_costs_too_much_is_made_in_parts()
    {
        await Shop.FaultAsync("""{"error_code":"MAX_COST_EXCEEDED","count":1}""");
        for (var item = 1; item <= 100; item++)
        {
            Journal.Append($"item-{item}", item);
        }

        await ConnectAsync();
        await CheckpointAsync(100);
        Pushes.Select(push => push.Changes).ShouldBe([50, 50]);
    }

    [Fact]
    public async Task What_somebody_else_changed_is_noticed_as_drift_and_set_again()
    {
        using var differing = new CounterProbe("stockauthority.connectors.levels.differing", "shopify");
        await ConnectAsync();
        Journal.Append("apple", 10);
        Journal.Append("pear", 10);
        await CheckpointAsync(2);
        await SellAsync("apple", 9);
        Journal.Append("apple", 8);
        await CheckpointAsync(3);
        (await QuantityAsync("apple")).ShouldBe(8);
        differing.Total.ShouldBeGreaterThanOrEqualTo(1);
        Pushes.Count(push => push.ErrorCode == "CHANGE_FROM_QUANTITY_STALE").ShouldBe(1);
    }

    [Fact]
    public async Task What_the_shop_shows_can_be_read_back()
    {
        var connector = await ConnectAsync();
        Journal.Append("apple", 10);
        await CheckpointAsync(1);
        await SellAsync("apple", 9);
        var channel = connector.Services.GetRequiredService<ILevelChannel>();
        (await channel.ReadAsync([new("ghost", "shop"), new("apple", "shop"), new("pear", "shop")], CancellationToken.None)).ShouldBe([null, 9, 0]);
        await Shop.FaultAsync("""{"error_code":"ACCESS_DENIED"}""");
        await Should.ThrowAsync<HttpRequestException>(() => channel.ReadAsync([new("apple", "shop")], CancellationToken.None));
    }

    [Fact]
    public async Task A_read_that_is_behind_only_takes_longer()
    {
        await ConnectAsync();
        Journal.Append("apple", 10);
        await CheckpointAsync(1);
        await Shop.FaultAsync("""{"read_lag_milliseconds":2000}""");
        await SellAsync("apple", 9);
        Journal.Append("apple", 8);
        await CheckpointAsync(2);
        await Shop.FaultAsync("{}");
        (await QuantityAsync("apple")).ShouldBe(8);
    }

    [Fact]
    public async Task A_key_whose_first_use_failed_is_replaced()
    {
        await Shop.FaultAsync($$"""{"refused_inventory_item_ids":["{{Item("apple")}}"]}""");
        var connector = await ConnectAsync();
        Journal.Append("apple", 1);
        await CheckpointAsync(1);
        await StopAsync(connector);
        await Shop.FaultAsync("{}");
        Journal.Rewind(Consumer, 0);
        await ConnectAsync();
        await ShownAsync("apple", 1);

        // A start tries what has a case once more besides what it reads from the journal.
        Pushes.Take(3).Select(push => push.ErrorCode).ShouldBe(["NOT_FOUND", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", null]);
    }

    [Fact]
    public async Task Levels_never_go_backwards_through_faults_and_restarts()
    {
        string[] skus = ["apple", "pear", "plum"];
        string[] faults = ["{}", """{"status":500,"count":2,"after_apply":true}""", """{"status":503,"count":3}""", """{"latency_milliseconds":20}""", """{"error_code":"THROTTLED","count":1}"""];
        Feed.Switches.PageSize = 7;
        for (var round = 0; round < faults.Length; round++)
        {
            await Shop.FaultAsync(faults[round]);
            var connector = await ConnectAsync();
            for (var step = 0; step < 60; step++)
            {
                Journal.Append(skus[step % skus.Length], (round * 100) + step);
            }

            var pushed = Pushes.Count;
            await Eventually.HoldsAsync(() => Pushes.Count > pushed + 1 || Journal.Checkpoint(Consumer) == Journal.Head);
            await StopAsync(connector);
            Journal.Rewind(Consumer, Journal.Checkpoint(Consumer) / 2);
        }

        await Shop.FaultAsync("{}");
        await ConnectAsync();
        await CheckpointAsync(300);
        (await QuantityAsync("apple")).ShouldBe(457);
        foreach (var sku in skus)
        {
            var shown = Shop.Log.RecentApplied.Where(change => change.CatalogObjectId == Item(sku)).Select(change => change.Quantity).ToArray();
            shown.ShouldBe(shown.Order());
        }
    }

    [Fact]
    public async Task A_movement_that_leaves_available_alone_is_acknowledged_without_a_call()
    {
        await ConnectAsync();
        Journal.Append("apple", 5, from: StockState.Reserved, to: StockState.Committed);
        await CheckpointAsync(1);
        Requests.ShouldBeEmpty();
    }
}
