using System.Globalization;
using Shouldly;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Tests.Hosts;
using StockAuthority.Inventory.V1;
using Xunit;

namespace StockAuthority.Connectors.Tests.Runtime;

public sealed class DeliveryTests : ConnectorFixture
{
    /// <summary>By so much a timer may be early, and two readings of the wall clock apart.</summary>
    private static readonly TimeSpan TimersTick = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task A_change_is_shown_and_then_acknowledged()
    {
        await ConnectAsync();
        Journal.Append("apple", 7);
        await ShownAsync("apple", 7);
        await CheckpointAsync(1);
    }

    [Fact]
    public async Task A_burst_on_one_key_becomes_few_pushes_and_ends_at_the_latest_level()
    {
        await ConnectAsync();
        await Square.FaultAsync("""{"latency_milliseconds":500}""");
        for (var available = 1; available <= 500; available++)
        {
            Journal.Append("apple", available);
        }

        await CheckpointAsync(500);
        await ShownAsync("apple", 500);
        Square.Pushes.Count.ShouldBeLessThan(10);
    }

    [Fact]
    public async Task More_levels_than_one_call_takes_go_out_in_several()
    {
        for (var item = 1; item <= 250; item++)
        {
            Journal.Append($"item-{item}", item);
        }

        await ConnectAsync();
        await CheckpointAsync(250);
        Square.Pushes.Select(push => push.Changes).ShouldBe([100, 100, 50]);
        await ShownAsync("item-250", 250);
    }

    [Fact]
    public async Task What_arrives_while_the_rate_limit_lets_no_call_go_is_in_the_next_call()
    {
        var connector = await ConnectAsync("--Connector:PushesPerSecond=1");
        var health = connector.Service<ChannelHealthMeter>();

        // The wait lasts a second, which a busy machine may miss: one of several is enough.
        for (var round = 1; Square.Pushes.All(push => push.Changes == 1); round++)
        {
            round.ShouldBeLessThan(10);
            Journal.Append("apple", round);
            await ShownAsync("apple", round);
            Journal.Append("apple", 100 + round);
            await Eventually.HoldsAsync(() => health.QueueDepth == 1 || Journal.Checkpoint(PosHost.Consumer) == Journal.Head, "a level waits for the next call");
            Journal.Append("pear", round);
            await CheckpointAsync(Journal.Head);
        }
    }

    [Fact]
    public async Task A_movement_that_leaves_available_alone_is_acknowledged_without_a_push()
    {
        await ConnectAsync();
        Journal.Append("apple", 5, from: StockState.Reserved, to: StockState.Committed);
        await CheckpointAsync(1);
        Square.Pushes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_429_is_repeated_with_the_same_key_and_not_before_its_Retry_After()
    {
        await Square.FaultAsync("""{"status":429,"retry_after_seconds":1,"count":1}""");
        await ConnectAsync();
        Journal.Append("apple", 3);
        await CheckpointAsync(1);
        Square.Pushes.Count.ShouldBe(2);
        Square.Pushes[1].IdempotencyKey.ShouldNotBeNull();
        (Square.Pushes[1].ReceivedAt - Square.Pushes[0].ReceivedAt).ShouldBeGreaterThan(TimeSpan.FromSeconds(1) - TimersTick);
    }

    [Fact]
    public async Task A_Retry_After_longer_than_the_longest_retry_pause_is_honoured_too()
    {
        await Square.FaultAsync("""{"status":503,"retry_after_seconds":2,"count":1}""");
        await ConnectAsync("--Connector:MaxRetryDelay=00:00:01");
        Journal.Append("apple", 3);
        await CheckpointAsync(1);
        (Square.Pushes[1].ReceivedAt - Square.Pushes[0].ReceivedAt).ShouldBeGreaterThan(TimeSpan.FromSeconds(2) - TimersTick);
    }

    [Fact]
    public async Task Whatever_changes_while_the_channel_wants_no_call_is_merged_before_the_next_one()
    {
        await Square.FaultAsync("""{"status":503,"retry_after_seconds":2,"count":1}""");
        await ConnectAsync("--Connector:MaxRetryDelay=00:00:01");
        Journal.Append("apple", 1);
        await Eventually.HoldsAsync(() => Square.Pushes.Count == 1);
        for (var available = 2; available <= 20; available++)
        {
            Journal.Append("apple", available);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        await CheckpointAsync(20);
        Square.Log.RecentApplied.Select(change => change.Quantity).ShouldBe([20]);
    }

    [Fact]
    public async Task A_push_whose_answer_was_lost_is_repeated_with_its_key_and_applied_once()
    {
        await Square.FaultAsync("""{"status":500,"count":2,"after_apply":true}""");
        await ConnectAsync();
        Journal.Append("apple", 3);
        await CheckpointAsync(1);
        Square.Pushes.Count.ShouldBe(3);
        Square.Pushes.Select(push => push.IdempotencyKey).Distinct().Count().ShouldBe(1);
        Square.Pushes.Select(push => push.Replayed).ShouldBe([false, true, true]);
        Square.Log.AppliedChanges.ShouldBe(1);
    }

    [Fact]
    public async Task A_channel_that_does_not_answer_in_time_is_asked_again_with_the_same_key()
    {
        await Square.FaultAsync("""{"latency_milliseconds":60000}""");
        await ConnectAsync("--Connector:AttemptTimeout=00:00:00.100");
        Journal.Append("apple", 3);
        await Eventually.HoldsAsync(() => Square.Pushes.Count >= 2);
        await Square.FaultAsync("{}");
        await CheckpointAsync(1);
        await ShownAsync("apple", 3);
    }

    [Fact]
    public async Task While_the_channel_is_down_nothing_is_acknowledged_and_afterwards_the_latest_levels_arrive()
    {
        await ConnectAsync();
        Journal.Append("apple", 1);
        await CheckpointAsync(1);
        await Square.FaultAsync("""{"status":503}""");
        Journal.Append("pear", 40);
        await Eventually.HoldsAsync(() => Square.Pushes.Count(push => push.Status == 503) >= 4);
        for (var available = 2; available <= 100; available++)
        {
            Journal.Append("apple", available);
        }

        var down = Square.Pushes.Count;
        await Eventually.HoldsAsync(() => Square.Pushes.Count > down);
        Journal.Checkpoint(PosHost.Consumer).ShouldBe(1);

        await Square.FaultAsync("{}");
        await CheckpointAsync(101);
        await ShownAsync("apple", 100);
        await ShownAsync("pear", 40);
        Square.Log.RecentApplied.Select(change => change.Quantity).ShouldBe([1, 40, 100], ignoreOrder: true);
    }

    [Fact]
    public async Task A_channel_that_refuses_the_token_parks_nothing()
    {
        await Square.FaultAsync("""{"status":401}""");
        await ConnectAsync();
        Journal.Append("apple", 3);
        await Eventually.HoldsAsync(() => Square.Pushes.Count(push => push.Status == 401) >= 4);
        Journal.Checkpoint(PosHost.Consumer).ShouldBe(0);
        await Square.FaultAsync("{}");
        await CheckpointAsync(1);
        await ShownAsync("apple", 3);
    }

    [Theory]
    [InlineData("true", 3)]
    [InlineData("false", 15)]
    public async Task A_refused_item_blocks_no_other(string namesField, int mostPushes)
    {
        await Square.FaultAsync($$"""{"refused_catalog_object_ids":["item-37"],"refusal_names_field":{{namesField}}}""");
        for (var item = 1; item <= 100; item++)
        {
            Journal.Append($"item-{item}", item);
        }

        using var refused = new CounterProbe("stockauthority.connectors.levels.refused");
        await ConnectAsync();
        await CheckpointAsync(100);
        Square.Log.AppliedChanges.ShouldBe(99);
        Square.Pushes.Count.ShouldBeLessThanOrEqualTo(mostPushes);
        (await Square.QuantityAsync("item-37")).ShouldBeNull();
        refused.Total.ShouldBeGreaterThanOrEqualTo(1);

        await Square.FaultAsync("{}");
        Journal.Append("item-37", 38);
        await ShownAsync("item-37", 38);
    }

    [Fact]
    public async Task Levels_never_go_backwards_through_faults_and_restarts()
    {
        string[] skus = ["apple", "pear", "plum"];
        string[] faults = ["{}", """{"status":500,"count":2,"after_apply":true}""", """{"status":503,"count":3}""", """{"latency_milliseconds":20}""", """{"status":429,"count":1}"""];
        Feed.Switches.PageSize = 7;
        for (var round = 0; round < faults.Length; round++)
        {
            await Square.FaultAsync(faults[round]);
            var connector = await ConnectAsync();
            for (var step = 0; step < 60; step++)
            {
                Journal.Append(skus[step % skus.Length], (round * 100) + step);
            }

            var pushed = Square.Pushes.Count;
            await Eventually.HoldsAsync(() => Square.Pushes.Count > pushed + 1 || Journal.Checkpoint(PosHost.Consumer) == Journal.Head);
            await StopAsync(connector);

            // Worse than a crash: the acknowledgements of the last minutes are gone.
            Journal.Rewind(PosHost.Consumer, Journal.Checkpoint(PosHost.Consumer) / 2);
        }

        await Square.FaultAsync("{}");
        await ConnectAsync();
        await CheckpointAsync(300);
        await ShownAsync("apple", 457);
        foreach (var sku in skus)
        {
            var sequences = Square.Log.RecentApplied.Where(change => change.CatalogObjectId == sku).Select(change => SequenceOf(change.ReferenceId!)).ToArray();
            sequences.ShouldBe(sequences.Order());
        }
    }

    [Fact]
    public async Task A_restart_reads_to_the_head_before_it_pushes()
    {
        Feed.Switches.PageSize = 5;
        for (var available = 1; available <= 100; available++)
        {
            Journal.Append("apple", available);
        }

        await ConnectAsync();
        await CheckpointAsync(100);
        Square.Pushes.Count.ShouldBe(1);
        await ShownAsync("apple", 100);
    }

    [Fact]
    public async Task A_restart_resumes_from_the_checkpoint()
    {
        var connector = await ConnectAsync();
        Journal.Append("apple", 1);
        Journal.Append("pear", 2);
        await CheckpointAsync(2);
        await StopAsync(connector);
        var before = Square.Pushes.Count;

        Journal.Append("apple", 9);
        await ConnectAsync();
        await CheckpointAsync(3);
        Square.Pushes.Skip(before).Sum(push => push.Changes).ShouldBe(1);
        await ShownAsync("apple", 9);
    }

    [Fact]
    public async Task The_delay_from_the_movement_to_the_confirmation_is_measured()
    {
        using var delay = new CounterProbe("stockauthority.connectors.visible.delay");
        await ConnectAsync();
        Journal.Append("apple", 1, recordTime: TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(1));
        await CheckpointAsync(1);
        delay.Total.ShouldBeGreaterThanOrEqualTo(60);
    }

    private static long SequenceOf(string reference) => long.Parse(reference.Split('/')[1], CultureInfo.InvariantCulture);
}
