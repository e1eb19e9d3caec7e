using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Tests.Hosts;
using StockAuthority.Operations.V1;
using Xunit;

namespace StockAuthority.Connectors.Tests.Compliance;

/// <summary>
/// What every channel has to pass that shows the levels itself, beside <see cref="DeliveryCompliance"/>: what it does not take is acknowledged by nobody
/// but as a case, and what it shows is compared. See docs/adding-a-channel.md.
/// </summary>
public abstract class LevelChannelCompliance : DeliveryCompliance
{
    [Fact]
    public async Task A_call_that_is_carried_out_after_a_newer_one_is_found_and_made_good()
    {
        await ConnectAsync();
        Journal.Append("apple", 1);
        await CheckpointAsync();
        await Channel.FaultAsync(ChannelFault.OneLate);
        var calls = Channel.Calls;
        Journal.Append("apple", 2);
        Journal.Append("pear", 8);
        await Eventually.HoldsAsync(() => Channel.Calls > calls);
        Journal.Append("apple", 3);
        await CheckpointAsync();
        if (!Channel.KnowsKeys)
        {
            // A channel that knows keys puts the late one aside: it is the one that was repeated.
            await Eventually.HoldsAsync(() => Channel.Applied.SkipWhile(change => change != ("apple", 3L)).Contains(("apple", 2L)));
        }

        await ShownAsync("apple", 3);
        await ShownAsync("pear", 8);
    }

    [Fact]
    public async Task A_revoked_token_becomes_one_case_and_parks_no_level()
    {
        await Channel.FaultAsync(ChannelFault.Revoked);
        await ConnectAsync();
        Journal.Append("apple", 1);
        Journal.Append("pear", 2);
        await Eventually.HoldsAsync(() => Desk.Cases.Count > 0);
        var found = Desk.Cases.ShouldHaveSingleItem();
        (found.Kind, found.Sku).ShouldBe((ExceptionKind.DeliveryFailed, ""));
        found.Evidence.Request.ShouldNotBeEmpty();
        found.Evidence.Response.ShouldContain("401");
        Journal.Checkpoint(Consumer).ShouldBe(0);

        await Channel.FaultAsync(ChannelFault.None);
        await CheckpointAsync();
        await ShownAsync("apple", 1);
        await ShownAsync("pear", 2);
        await Eventually.HoldsAsync(() => Desk.Mended.Any(mended => mended.Kind == ExceptionKind.DeliveryFailed));
        Desk.Cases.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task What_nobody_can_sort_is_tried_more_and_more_seldom_and_becomes_a_case()
    {
        await Channel.FaultAsync(ChannelFault.Nonsense);
        await ConnectAsync();
        Journal.Append("apple", 1);
        await Eventually.HoldsAsync(() => Desk.Cases.Count > 0);
        Desk.Cases.ShouldHaveSingleItem().Kind.ShouldBe(ExceptionKind.DeliveryFailed);
        Desk.Cases[0].Evidence.Response.ShouldContain("418");
        await Channel.FaultAsync(ChannelFault.None);
        await CheckpointAsync();
        await ShownAsync("apple", 1);
    }

    [Fact]
    public async Task While_it_is_down_nothing_is_acknowledged_and_afterwards_the_latest_levels_arrive()
    {
        await Channel.FaultAsync(ChannelFault.Down);
        await ConnectAsync();
        for (var units = 1; units <= 50; units++)
        {
            Journal.Append("apple", units);
        }

        await Eventually.HoldsAsync(() => Channel.Calls >= 2);
        Journal.Checkpoint(Consumer).ShouldBe(0);
        await Channel.FaultAsync(ChannelFault.None);
        await CheckpointAsync();
        await ShownAsync("apple", 50);
    }

    [Fact]
    public async Task A_refused_level_becomes_a_case_before_it_is_acknowledged_and_holds_up_no_other()
    {
        Feed.Switches.CasesDown = true;
        await Channel.FaultAsync(ChannelFault.RefusesOne);
        await ConnectAsync();
        Journal.Append("refused", 1);
        Journal.Append("apple", 2);
        await ShownAsync("apple", 2);
        Journal.Checkpoint(Consumer).ShouldBe(0, "the case is not told yet");

        Feed.Switches.CasesDown = false;
        await CheckpointAsync();
        Desk.Cases.ShouldHaveSingleItem().Sku.ShouldBe("refused");
        Desk.Cases[0].Kind.ShouldBe(ExceptionKind.LevelRefused);

        await Channel.FaultAsync(ChannelFault.None);
        Journal.Append("refused", 5);
        await ShownAsync("refused", 5);
        await Eventually.HoldsAsync(() => Desk.Mended.Any(mended => mended.Sku == "refused"));
    }

    [Theory]
    [InlineData(ChannelFault.KnowsNotOne)]
    [InlineData(ChannelFault.NonsenseAboutOne)]
    internal async Task What_the_channel_never_takes_is_one_open_case_and_is_tried_again_only_when_people_ask(ChannelFault fault)
    {
        await Channel.FaultAsync(fault);
        await ConnectAsync();
        Journal.Append("refused", 1);
        for (var units = 1; units <= 5; units++)
        {
            Journal.Append("apple", units);
            Journal.Append("pear", units);
        }

        await CheckpointAsync();
        await ShownAsync("apple", 5);
        await ShownAsync("pear", 5);
        await OneOpenCaseAsync("refused", "shop");
        Desk.Cases[^1].Evidence.Response.ShouldContain(fault == ChannelFault.NonsenseAboutOne ? "418" : Desk.Cases[^1].Reason);

        await Channel.FaultAsync(ChannelFault.None);
        await NothingIsTriedAsync();
        (await Channel.ShownAsync("refused")).ShouldBeNull();
        Desk.AskAgain();
        await ShownAsync("refused", 1);
        await Eventually.HoldsAsync(() => Desk.Open.Count == 0);
    }

    [Fact]
    public async Task A_wrong_mapping_is_one_open_case_and_a_start_with_the_right_one_closes_it()
    {
        var (sku, location) = Channel.MappedKey;
        var connector = await ConnectAsync(await Channel.MapWrongAsync());
        Journal.Append(sku, 1, location);
        Journal.Append("apple", 2);
        await CheckpointAsync();
        await ShownAsync("apple", 2);
        await OneOpenCaseAsync(sku, location);
        await NothingIsTriedAsync();
        await StopAsync(connector);

        await Channel.FaultAsync(ChannelFault.None);
        await ConnectAsync();
        await Eventually.HoldsAsync(() => Desk.Open.Count == 0);
        if (location == "shop")
        {
            await ShownAsync(sku, 1);
        }
    }

    [Fact]
    public async Task A_quantity_beyond_what_the_channel_takes_is_one_open_case_until_it_is_within()
    {
        // Square's decimal strings of 26 characters hold every level.
        var largest = Channel.LargestQuantity ?? long.MaxValue;
        await ConnectAsync();
        if (Channel.LargestQuantity is not null)
        {
            Journal.Append("apple", largest + 1);
            Journal.Append("pear", 2);
            await CheckpointAsync();
            await ShownAsync("pear", 2);
            await OneOpenCaseAsync("apple", "shop");
            await NothingIsTriedAsync();
        }

        Journal.Append("apple", largest);
        await CheckpointAsync();
        await ShownAsync("apple", largest);
        await Eventually.HoldsAsync(() => Desk.Open.Count == 0);
    }

    private async Task OneOpenCaseAsync(string sku, string location)
    {
        await Eventually.HoldsAsync(() => Desk.Open.Count > 0);
        var open = Desk.Open.ShouldHaveSingleItem();
        (open.Kind, open.Sku, open.LocationId).ShouldBe((ExceptionKind.LevelRefused, sku, location));
        var evidence = Desk.Cases.ShouldHaveSingleItem().Evidence;
        evidence.Request.ShouldContain("sequence");
        evidence.Response.ShouldContain(open.Reason);
    }

    /// <summary>While the connector looks around several times, no call is made.</summary>
    private async Task NothingIsTriedAsync()
    {
        var (calls, reports) = (Channel.Calls, Desk.Reports.Count);
        await Eventually.HoldsAsync(() => Desk.Reports.Count > reports + 5);
        Channel.Calls.ShouldBe(calls);
    }

    [Fact]
    public async Task AChannel_restored_from_an_old_backup_is_found_as_drift_and_repaired_by_a_resync()
    {
        // Nothing that is read back after a start repairs what the test is about.
        await ConnectAsync("--Connector:DriftInterval=00:00:00.100", "--Connector:AttemptTimeout=00:01:00", "--Connector:LeaseTime=00:03:00");
        Journal.Append("apple", 5);
        Journal.Append("pear", 6);
        await CheckpointAsync();
        await ShownAsync("pear", 6);
        await Channel.OverwriteAsync("apple", 2);

        await Eventually.HoldsAsync(() => Desk.Cases.Any(each => each is { Kind: ExceptionKind.Drift, Sku: "apple" }));
        Desk.Cases.ShouldAllBe(each => each.Sku == "apple");
        Desk.Cases[0].Evidence.Request.ShouldContain("expected 5");
        Desk.Cases[0].Evidence.Response.ShouldContain("shows 2");
        (await Channel.ShownAsync("apple")).ShouldBe(2, "drift is found and not hidden");

        var task = Desk.Ask(new ChannelTask { Resync = true });
        await Eventually.HoldsAsync(() => Desk.IsDone(task));
        await ShownAsync("apple", 5);
        await Eventually.HoldsAsync(() => Desk.Mended.Any(mended => mended is { Kind: ExceptionKind.Drift, Sku: "apple" }));
        await Eventually.HoldsAsync(() => Desk.Reports.Sum(report => report.DriftCount) >= 1);
    }

    [Fact]
    public async Task A_replay_delivers_again_what_changed_after_a_sequence()
    {
        await ConnectAsync();
        Journal.Append("apple", 1);
        Journal.Append("pear", 2);
        await CheckpointAsync();
        var before = Channel.Applied.Count;
        var task = Desk.Ask(new ChannelTask { ReplayAfterSequence = 1 });
        await Eventually.HoldsAsync(() => Desk.IsDone(task));
        Channel.Applied.Skip(before).ShouldBe([("pear", 2L)]);

        before = Channel.Applied.Count;
        task = Desk.Ask(new ChannelTask { ReplayAfterSequence = 0 });
        await Eventually.HoldsAsync(() => Desk.IsDone(task));
        Channel.Applied.Skip(before).ShouldBe([("apple", 1L), ("pear", 2L)], ignoreOrder: true);
    }
}
