using System.Threading.Channels;

namespace StockAuthority.Connectors.Runtime.Feed;

/// <summary>What becomes of the journal that one lease reads.</summary>
internal interface IFeedDelivery
{
    /// <param name="checkpoint">Everything up to here was settled by an earlier run.</param>
    /// <param name="headSequence">The end of the journal when this run began.</param>
    /// <param name="pages">The journal from the checkpoint on.</param>
    /// <param name="stopping">Ends the delivery.</param>
    Task RunAsync(long checkpoint, long headSequence, ChannelReader<FeedPage> pages, CancellationToken stopping);
}
