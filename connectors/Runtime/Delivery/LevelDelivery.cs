using System.Threading.Channels;
using StockAuthority.Connectors.Runtime.Feed;

namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>One push at a time; what arrives meanwhile is merged, so a burst on one key becomes few calls.</summary>
internal sealed class LevelDelivery(
    ILevelChannel channel, LevelPusher pusher, CheckpointWriter checkpoints, ConnectorOptions options, ConnectorMetrics metrics, TimeProvider clock)
{
    /// <param name="checkpoint">Everything up to here was settled by an earlier run.</param>
    /// <param name="headSequence">The end of the journal when this run began.</param>
    /// <param name="pages">The journal from the checkpoint on.</param>
    /// <param name="stopping">Ends the delivery.</param>
    public async Task RunAsync(long checkpoint, long headSequence, ChannelReader<FeedPage> pages, CancellationToken stopping)
    {
        var backlog = new LevelBacklog(checkpoint);
        while (await FillAsync(backlog, headSequence, pages, stopping))
        {
            var round = await pusher.PushAsync(backlog.Take(channel.MaxItemsPerPush), stopping);
            backlog.Settle(round.Unsettled);
            checkpoints.Advance(backlog.SettledSequence);
            metrics.Pending(backlog.Count);
            await Task.Delay(round.Pause, clock, stopping);
        }
    }

    /// <summary>Merges what has arrived; false when the feed has ended.</summary>
    private async ValueTask<bool> FillAsync(LevelBacklog backlog, long headSequence, ChannelReader<FeedPage> pages, CancellationToken stopping)
    {
        while (backlog.Count < options.MaxPendingLevels)
        {
            // An earlier run may have confirmed levels beyond its checkpoint, up to the head at most: pushing before the
            // head is read could take the channel back to an older one.
            var mustWait = backlog.Count == 0 || backlog.ReadSequence < headSequence;
            if (!pages.TryRead(out var page))
            {
                if (!mustWait)
                {
                    break;
                }

                checkpoints.Advance(backlog.SettledSequence);
                if (!await pages.WaitToReadAsync(stopping))
                {
                    return false;
                }

                continue;
            }

            foreach (var movement in page.Movements)
            {
                backlog.Add(movement);
            }
        }

        metrics.Pending(backlog.Count);
        return true;
    }
}
