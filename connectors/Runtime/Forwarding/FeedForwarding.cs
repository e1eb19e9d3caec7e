using System.Threading.Channels;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Runtime.Feed;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Connectors.Runtime.Forwarding;

/// <summary>
/// Every movement, in order: one call at a time, and the next one from the first movement that the last one left. What arrives meanwhile
/// waits in the feed's pages, whose number is bounded, and then in the journal.
/// </summary>
internal sealed class FeedForwarding(
    IFeedChannel channel,
    Forwarder forwarder,
    FeedReplay replay,
    CheckpointWriter checkpoints,
    ChannelLink link,
    ChannelCases cases,
    ChannelHealthMeter meter,
    ConnectorOptions options) : IFeedDelivery
{
    public async Task RunAsync(long checkpoint, long headSequence, ChannelReader<FeedPage> pages, CancellationToken stopping)
    {
        var settled = checkpoint;
        List<Movement> waiting = [];
        Task<bool>? reading = null;
        while (true)
        {
            // Taken before the look, so that what is told in between wakes us.
            var news = link.News;
            settled = Fill(waiting, settled, pages);
            Advance(settled, waiting);
            var state = link.Channel;

            // A feed is whole or not at all: a rollout that is on means all of it, and what waits is not acknowledged.
            var canWork = state is { Paused: false, Rollout.Mode: ChannelMode.On } && !cases.IsFull && link.HoldsFor(options.AttemptTimeout);
            if (canWork && await replay.WorkAsync(state, settled, stopping))
            {
                continue;
            }

            if (canWork && waiting.Count > 0)
            {
                var count = await forwarder.ForwardAsync(waiting.GetRange(0, Math.Min(waiting.Count, channel.MaxMovementsPerForward)), stopping);
                settled = count > 0 ? waiting[count - 1].Sequence : settled;
                waiting.RemoveRange(0, count);
                continue;
            }

            reading = waiting.Count > 0 || reading is { IsCompleted: false } ? reading : pages.WaitToReadAsync(stopping).AsTask();
            await Task.WhenAny([news, .. waiting.Count > 0 || reading is null ? Array.Empty<Task>() : [reading]]).WaitAsync(stopping);
        }
    }

    /// <summary>Takes what is there: whole pages, until they are enough for one call.</summary>
    private long Fill(List<Movement> waiting, long settled, ChannelReader<FeedPage> pages)
    {
        while (pages.TryPeek(out var page) && waiting.Count < channel.MaxMovementsPerForward)
        {
            if (page.DetachedUpTo > 0)
            {
                if (waiting.Count > 0)
                {
                    // What is before the hole first.
                    return settled;
                }

                forwarder.Detached(settled, page.DetachedUpTo);
                settled = page.DetachedUpTo;
            }

            waiting.AddRange(page.Movements);
            pages.TryRead(out _);
        }

        return settled;
    }

    private void Advance(long settled, List<Movement> waiting)
    {
        checkpoints.Advance(Math.Min(settled, cases.FirstUntoldSequence - 1));
        meter.Queue(waiting.Count, waiting.Count > 0 ? waiting[0].RecordTime.ToDateTimeOffset() : null);
    }
}
