using Microsoft.Extensions.Logging;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>
/// Two loops, one over the movements and one over the ledger actions of payments: read after the checkpoint, settle in order,
/// acknowledge. It polls: an ERP is not what customers look at, so nothing is gained by a stream.
/// </summary>
internal sealed partial class JournalDelivery(
    JournalFeed feed, IJournalChannel channel, JournalPoster poster, RefusedEntries refused, ChannelLink link, ConnectorOptions options, TimeProvider clock, ILogger<JournalDelivery> logger)
{
    /// <param name="fencingNumber">Of the lease under which it is booked.</param>
    /// <param name="stopping">Ends it.</param>
    public Task RunMovementsAsync(long fencingNumber, CancellationToken stopping) => RunAsync(
        "movements", feed.MovementCheckpointAsync, feed.ReadMovementsAsync, sequence => feed.AcknowledgeMovementsAsync(sequence, fencingNumber, stopping), stopping);

    public Task RunIntentsAsync(CancellationToken stopping) => RunAsync(
        "ledger actions", feed.IntentCheckpointAsync, feed.ReadIntentsAsync, number => feed.AcknowledgeIntentsAsync(number, stopping), stopping);

    private async Task RunAsync(
        string what, Func<CancellationToken, Task<long>> checkpoint, Func<long, CancellationToken, Task<JournalPage>> read, Func<long, Task> acknowledge, CancellationToken stopping)
    {
        var position = await checkpoint(stopping);
        LogStarted(options.Consumer, options.TenantId, what, position);
        while (true)
        {
            await ResumedAsync(stopping);
            var page = await read(position, stopping);
            if (page.Position == position)
            {
                await Task.Delay(options.PollInterval, clock, stopping);
                continue;
            }

            if (page.IsDetached)
            {
                // Somebody detached them although we had not read them: people are told before they are acknowledged.
                await refused.ReportDetachedAsync(position, page.Position, stopping);
            }

            foreach (var batch in page.Entries.Where(each => channel.Concerns(each.Entry)).Chunk(channel.MaxEntriesPerPost))
            {
                await poster.SettleAsync([.. batch.Select(each => each.Entry)], stopping);
                position = batch[^1].Position;
                await acknowledge(position);
            }

            if (position < page.Position)
            {
                position = page.Position;
                await acknowledge(position);
            }
        }
    }

    private async Task ResumedAsync(CancellationToken stopping)
    {
        while (true)
        {
            var news = link.News;
            if (link.Channel is { Paused: false, Rollout.Mode: ChannelMode.On })
            {
                return;
            }

            await news.WaitAsync(stopping);
        }
    }

    [LoggerMessage(LogLevel.Information, "Consumer {Consumer} of tenant {TenantId} books {What} after {Position}")]
    private partial void LogStarted(string consumer, string tenantId, string what, long position);
}
