using System.Net;
using Shouldly;
using StockAuthority.Connectors.Tests.Hosts;
using Xunit;

namespace StockAuthority.Connectors.Tests.Runtime;

public sealed class FeedTests : ConnectorFixture
{
    [Fact]
    public async Task Changes_arrive_by_polling_while_streams_are_refused()
    {
        Feed.Switches.StreamDown = true;
        var connector = await ConnectAsync();
        Journal.Append("apple", 1);
        await ShownAsync("apple", 1);
        Journal.Append("apple", 2);
        await ShownAsync("apple", 2);
        (await connector.ReadyAsync()).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_broken_stream_is_opened_again_and_loses_nothing()
    {
        await ConnectAsync();
        for (var available = 1; available <= 5; available++)
        {
            var opened = Feed.Switches.StreamsOpened;
            Feed.Switches.BreakStreams();
            Journal.Append("apple", available);
            await ShownAsync("apple", available);
            await Eventually.HoldsAsync(() => Feed.Switches.StreamsOpened > opened);
        }

        await CheckpointAsync(5);
    }

    [Fact]
    public async Task A_stream_that_stays_silent_is_checked_by_a_poll()
    {
        Feed.Switches.StreamMute = true;
        await ConnectAsync("--Connector:StreamIdleLimit=00:00:00.100");
        await Eventually.HoldsAsync(() => Feed.Switches.StreamsOpened > 0);
        Journal.Append("apple", 4);
        await ShownAsync("apple", 4);
    }

    [Fact]
    public async Task An_instance_that_stands_by_is_ready()
    {
        var first = await ConnectAsync();
        await Eventually.HoldsAsync(async () => await first.ReadyAsync() == HttpStatusCode.OK);
        var holder = Feed.Desk.Channel.Lease.Holder;

        var second = await ConnectAsync();

        await Eventually.HoldsAsync(async () => await second.ReadyAsync() == HttpStatusCode.OK);
        Feed.Desk.Channel.Lease.Holder.ShouldBe(holder);
    }

    [Fact]
    public async Task The_connector_is_ready_only_while_the_feed_answers()
    {
        Feed.Switches.Down = true;
        var connector = await ConnectAsync();
        (await connector.ReadyAsync()).ShouldBe(HttpStatusCode.ServiceUnavailable);

        Feed.Switches.Down = false;
        await Eventually.HoldsAsync(async () => await connector.ReadyAsync() == HttpStatusCode.OK);

        Feed.Switches.Down = true;
        Feed.Switches.BreakStreams();
        await Eventually.HoldsAsync(async () => await connector.ReadyAsync() == HttpStatusCode.ServiceUnavailable);

        Feed.Switches.Down = false;
        Journal.Append("apple", 6);
        await ShownAsync("apple", 6);
        await CheckpointAsync(1);
    }

    [Fact]
    public async Task Nothing_is_acknowledged_past_a_gap_in_the_feed()
    {
        await ConnectAsync();
        Journal.Append("apple", 1);
        await CheckpointAsync(1);
        Feed.Switches.HiddenSequence = 2;
        Feed.Switches.BreakStreams();
        Journal.Append("pear", 2);
        Journal.Append("plum", 3);
        var reads = Feed.Switches.Reads;
        await Eventually.HoldsAsync(() => Feed.Switches.Reads > reads + 2);
        Journal.Checkpoint(PosHost.Consumer).ShouldBe(1);

        Feed.Switches.HiddenSequence = 0;
        await CheckpointAsync(3);
        await ShownAsync("pear", 2);
    }
}
