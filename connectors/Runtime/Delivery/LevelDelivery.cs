using System.Threading.Channels;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Runtime.Feed;

namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>
/// One push at a time; what arrives meanwhile is merged, so a burst on one key becomes few calls. Comparing and repairing is done in the
/// same loop: between two pushes, what the channel shows is what was confirmed.
/// </summary>
internal sealed class LevelDelivery(
    ILevelChannel channel,
    LevelPusher pusher,
    LevelSweep sweep,
    BulkDelivery bulk,
    CheckpointWriter checkpoints,
    ChannelLink link,
    ChannelCases cases,
    ChannelDeclarationOptions declaration,
    ChannelHealthMeter meter,
    ConnectorOptions options,
    ConnectorMetrics metrics,
    TimeProvider clock) : IFeedDelivery
{
    private Task<bool>? _arrival;

    public async Task RunAsync(long checkpoint, long headSequence, ChannelReader<FeedPage> pages, CancellationToken stopping)
    {
        var backlog = new LevelBacklog(checkpoint);
        sweep.Begin(backlog);
        bulk.Begin(backlog);
        _arrival = null;
        while (true)
        {
            // Taken before the look, so that what is told in between wakes us.
            var news = link.News;
            Drain(backlog, headSequence, pages);
            Advance(backlog);

            // An earlier run may have confirmed levels beyond its checkpoint, up to the head at most: pushing before the
            // head is read could take the channel back to an older one.
            var state = link.Channel;
            var canWork = !state.Paused && !cases.IsFull && backlog.ReadSequence >= headSequence;
            if (canWork)
            {
                await bulk.WorkAsync(state.Rollout, stopping);
                Advance(backlog);
                canWork = !bulk.HoldsEverything;
            }

            if (canWork && backlog.Ready > 0)
            {
                // Before the levels are taken: what arrives while the rate limit lets no call go would else wait for the call after it.
                await pusher.TurnAsync(stopping);
                Drain(backlog, headSequence, pages);
                state = link.Channel;
                if (!state.Paused)
                {
                    var pause = await PushAsync(backlog, state.Rollout, stopping);
                    await PauseAsync(pause, backlog, headSequence, pages, stopping);
                }
            }

            if (canWork && backlog.Count < options.MaxPendingLevels && await sweep.WorkAsync(state, stopping))
            {
                continue;
            }

            if (canWork && backlog.Ready > 0)
            {
                continue;
            }

            await WaitAsync(news, IsFull(backlog, headSequence) ? null : Arrival(pages, stopping), stopping);
        }
    }

    /// <summary>Ends when there is a page to read. One wait goes on for as long as none has come, however often it is asked for.</summary>
    private Task<bool> Arrival(ChannelReader<FeedPage> pages, CancellationToken stopping) =>
        _arrival is { IsCompleted: false } ? _arrival : _arrival = pages.WaitToReadAsync(stopping).AsTask();

    /// <summary>Merges on meanwhile: a pause is long where the channel is away, and when it is back it is to see the latest levels first.</summary>
    private async Task PauseAsync(TimeSpan time, LevelBacklog backlog, long headSequence, ChannelReader<FeedPage> pages, CancellationToken stopping)
    {
        var pause = Task.Delay(time, clock, stopping);
        while (!pause.IsCompleted && !IsFull(backlog, headSequence))
        {
            await Task.WhenAny(pause, Arrival(pages, stopping));
            Drain(backlog, headSequence, pages);
            Advance(backlog);
        }

        await pause;
    }

    private async Task WaitAsync(Task news, Task<bool>? arrival, CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var due = Task.Delay(sweep.Due, clock, ending.Token);
        var job = Task.Delay(bulk.Due, clock, ending.Token);
        await Task.WhenAny([news, due, job, .. arrival is null ? Array.Empty<Task>() : [arrival]]);
        await ending.CancelAsync();
        stopping.ThrowIfCancellationRequested();
    }

    /// <returns>How long to wait before the next push.</returns>
    private async Task<TimeSpan> PushAsync(LevelBacklog backlog, ChannelRollout rollout, CancellationToken stopping)
    {
        var taken = backlog.Take(channel.MaxItemsPerPush);
        PendingLevel[] shown = [.. taken.Where(level => rollout.Mode == ChannelMode.On && RolloutFilter.Includes(rollout, level.Change.Key))];
        var round = shown.Length == 0 ? PushRound.Done : await pusher.PushAsync(shown, stopping);
        backlog.Settle(round.Unsettled);
        sweep.Settled(taken.Except(round.Unsettled));
        Advance(backlog);
        return round.Pause;
    }

    /// <summary>Before the head nothing is pushed that would make room: until then a level of each key that changed is held, however many.</summary>
    private bool IsFull(LevelBacklog backlog, long headSequence) => backlog.Count >= options.MaxPendingLevels && backlog.ReadSequence >= headSequence;

    /// <summary>Merges what has arrived.</summary>
    private void Drain(LevelBacklog backlog, long headSequence, ChannelReader<FeedPage> pages)
    {
        while (!IsFull(backlog, headSequence) && pages.TryRead(out var page))
        {
            if (page.DetachedUpTo > 0)
            {
                sweep.TakeLevelsAsTheyAre(backlog.SettledSequence);
                backlog.Skip(page.DetachedUpTo);
            }

            foreach (var movement in page.Movements)
            {
                backlog.Add(movement, declaration.Shown(movement.LocationId, movement.AvailableAfter));
            }
        }
    }

    private void Advance(LevelBacklog backlog)
    {
        checkpoints.Advance(Math.Min(backlog.SettledSequence, Math.Min(sweep.HoldSequence, cases.FirstUntoldSequence - 1)));
        metrics.Pending(backlog.Count);
        meter.Queue(backlog.Count, backlog.Oldest);
    }
}
