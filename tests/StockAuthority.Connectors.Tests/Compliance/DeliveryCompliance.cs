using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Tests.Hosts;
using Xunit;

namespace StockAuthority.Connectors.Tests.Compliance;

/// <summary>
/// What everything has to pass that levels are delivered to, with its simulator: never a lost change, never an older level over a newer one, effects
/// once, one instance at a time. The location is always "shop".
/// </summary>
public abstract class DeliveryCompliance : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _connectors = [];
    private FeedHost _feed = null!;
    private IChannelStand _channel = null!;

    private protected FeedHost Feed => _feed;

    private protected IChannelStand Channel => _channel;

    private protected Journal Journal => _feed.Journal;

    private protected ChannelDesk Desk => _feed.Desk;

    /// <summary>The checkpoint's name in the connector's standard settings.</summary>
    private protected abstract string Consumer { get; }

    private protected abstract Task<IChannelStand> StandAsync();

    public async ValueTask InitializeAsync()
    {
        _feed = await FeedHost.StartAsync();
        _channel = await StandAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connector in _connectors)
        {
            await connector.DisposeAsync();
        }

        await _feed.DisposeAsync();
        await _channel.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Through_faults_and_restarts_no_change_is_lost_and_none_goes_back()
    {
        string[] skus = ["apple", "pear", "plum"];
        ChannelFault[] faults =
        [
            ChannelFault.None, ChannelFault.TwoErrorsAfterApplying, ChannelFault.TwoErrors, ChannelFault.Latency, ChannelFault.TwoThrottled,
            ChannelFault.TwoResets, ChannelFault.TwoResetsAfterApplying,
        ];
        _feed.Switches.PageSize = 7;
        var units = 0L;
        foreach (var fault in faults)
        {
            await _channel.FaultAsync(fault);
            var connector = await ConnectAsync();
            for (var step = 0; step < 30; step++)
            {
                Journal.Append(skus[step % skus.Length], ++units);
            }

            var calls = _channel.Calls;
            await Eventually.HoldsAsync(() => _channel.Calls > calls || Journal.Checkpoint(Consumer) == Journal.Head);
            await StopAsync(connector);

            // Worse than a kill: what was acknowledged last is forgotten.
            Journal.Rewind(Consumer, Journal.Checkpoint(Consumer) / 2);
        }

        await _channel.FaultAsync(ChannelFault.None);
        await ConnectAsync();
        await CheckpointAsync();
        await ShownAsync("plum", units);
        foreach (var sku in skus)
        {
            var applied = _channel.Applied.Where(change => change.Sku == sku).Select(change => change.Units).ToArray();
            applied.ShouldBe(applied.Order());
        }
    }

    [Fact]
    public async Task An_instance_that_starts_behind_what_was_confirmed_pushes_nothing_older()
    {
        for (var units = 1; units <= 2_000; units++)
        {
            Journal.Append("apple", units);
        }

        var first = await ConnectAsync();
        await CheckpointAsync();
        await StopAsync(first);
        Journal.Rewind(Consumer, 0);
        _feed.Switches.PageSize = 1;
        await ConnectAsync();
        await CheckpointAsync();
        await ShownAsync("apple", 2_000);
        _channel.Applied.ShouldAllBe(change => change.Units == 2_000);
    }

    [Theory]
    [InlineData(ChannelFault.TwoErrorsAfterApplying)]
    [InlineData(ChannelFault.TwoResetsAfterApplying)]
    internal async Task A_push_whose_answer_was_lost_has_its_effect_once(ChannelFault fault)
    {
        await _channel.FaultAsync(fault);
        await ConnectAsync(PosHost.Patient);
        Journal.Append("apple", 3);
        await CheckpointAsync();
        await Eventually.HoldsAsync(() => _channel.Calls >= 3);
        await ShownAsync("apple", 3);
        _channel.Calls.ShouldBe(3);
        _channel.Applied.ShouldBe(Enumerable.Repeat(("apple", 3L), _channel.KnowsKeys ? 1 : 3));
    }

    [Fact]
    public async Task A_burst_of_50000_changes_of_one_level_becomes_a_handful_of_calls_to_a_channel_that_allows_few()
    {
        await ConnectAsync("--Connector:PushesPerSecond=2");
        for (var units = 1; units <= 50_000; units++)
        {
            Journal.Append("apple", units);
        }

        await CheckpointAsync();
        await ShownAsync("apple", 50_000);

        // As many as the machine is slow at reading them, two in a second.
        _channel.Calls.ShouldBeLessThan(500);
    }

    [Fact]
    public async Task A_second_instance_stands_by_and_takes_over()
    {
        var first = await ConnectAsync();
        Journal.Append("apple", 1);
        await ShownAsync("apple", 1);
        var holder = Desk.Channel.Lease.Holder;
        await ConnectAsync();
        for (var units = 2; units <= 20; units++)
        {
            var calls = _channel.Calls;
            Journal.Append("apple", units);
            await CheckpointAsync();
            await ShownAsync("apple", units);
            (_channel.Calls - calls).ShouldBe(1, "the one that stands by pushes nothing");
        }

        Desk.Channel.Lease.Holder.ShouldBe(holder);
        await StopAsync(first);
        Journal.Append("apple", 21);
        await CheckpointAsync();
        await ShownAsync("apple", 21);
        Desk.Channel.Lease.FencingNumber.ShouldBe(2);
    }

    [Fact]
    public async Task Shadow_mode_compares_and_writes_nothing()
    {
        await ConnectAsync("--Channel:InitialRollout=shadow", "--Connector:DriftInterval=00:00:00.100");
        Journal.Append("apple", 5);
        await CheckpointAsync();
        var task = Desk.Ask(new ChannelTask { Resync = true });
        await Eventually.HoldsAsync(() => Desk.IsDone(task) && Desk.Reports.Sum(report => report.DriftCount) >= 1);
        (_channel.Calls, _channel.Applied.Count, await _channel.ShownAsync("apple")).ShouldBe((0, 0, null));
    }

    [Fact]
    public async Task A_rollout_shows_its_share_of_skus_and_a_larger_one_adds_the_others()
    {
        string[] skus = [.. Enumerable.Range(1, 40).Select(number => $"item-{number}")];
        await ConnectAsync("--Channel:InitialRollout=25");
        foreach (var sku in skus)
        {
            Journal.Append(sku, 7);
        }

        await CheckpointAsync();
        var share = skus.Where(sku => RolloutFilter.Bucket(sku) < 25).ToArray();
        await Eventually.HoldsAsync(() => _channel.Applied.Count >= share.Length);
        _channel.Applied.Select(change => change.Sku).ShouldBe(share, ignoreOrder: true);

        Desk.Change(channel => channel.Rollout.Percent = 100);
        var task = Desk.Ask(new ChannelTask { Resync = true });
        await Eventually.HoldsAsync(() => Desk.IsDone(task) && _channel.Applied.Count >= skus.Length);
        _channel.Applied.Select(change => change.Sku).ShouldBe(skus, ignoreOrder: true);
    }

    [Fact]
    public async Task While_it_is_paused_nothing_is_pushed_or_acknowledged_and_afterwards_the_latest_level_is()
    {
        await ConnectAsync();
        Journal.Append("apple", 1);
        await CheckpointAsync();
        await ShownAsync("apple", 1);
        Desk.Change(channel => channel.Paused = true);
        var reports = Desk.Reports.Count;
        await Eventually.HoldsAsync(() => Desk.Reports.Count > reports + 1);
        var calls = _channel.Calls;
        Journal.Append("apple", 2);
        Journal.Append("apple", 3);
        reports = Desk.Reports.Count;
        await Eventually.HoldsAsync(() => Desk.Reports.Count > reports + 1);
        (_channel.Calls, Journal.Checkpoint(Consumer)).ShouldBe((calls, 1));

        Desk.Change(channel => channel.Paused = false);
        await CheckpointAsync();
        await ShownAsync("apple", 3);
        _channel.Applied.ShouldNotContain(("apple", 2L));
    }

    [Fact]
    public async Task The_safety_buffer_is_kept_back_and_never_shown_below_zero()
    {
        await ConnectAsync("--Channel:SafetyBuffers:0:LocationId=shop", "--Channel:SafetyBuffers:0:Units=3");
        Journal.Append("apple", 10);
        Journal.Append("pear", 2);
        await CheckpointAsync();
        await ShownAsync("apple", 7);
        await ShownAsync("pear", 0);
    }

    private protected async Task<IAsyncDisposable> ConnectAsync(params string[] settings)
    {
        var connector = await _channel.ConnectAsync(_feed, settings);
        _connectors.Add(connector);
        return connector;
    }

    private protected async Task StopAsync(IAsyncDisposable connector)
    {
        _connectors.Remove(connector);
        await connector.DisposeAsync();
    }

    private protected Task ShownAsync(string sku, long units) => Eventually.HoldsAsync(async () => await _channel.ShownAsync(sku) == units, $"{sku} shows {units}");

    private protected Task CheckpointAsync() => Eventually.HoldsAsync(() => Journal.Checkpoint(Consumer) == Journal.Head, "everything is acknowledged");
}
