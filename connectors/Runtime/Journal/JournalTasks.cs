using Microsoft.Extensions.Logging;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>
/// What people ask for once they have mended why an entry was refused: a replay goes through the movements after a sequence again, a resync through all
/// of them and all ledger actions. What is booked is found and stays as it is; what is not is tried again. Beside the deliveries, which go on.
/// </summary>
internal sealed partial class JournalTasks(
    JournalFeed feed, IJournalChannel channel, JournalPoster poster, RefusedEntries refused, ChannelLink link, ConnectorOptions options, ILogger<JournalTasks> logger)
{
    public async Task RunAsync(long fencingNumber, CancellationToken stopping)
    {
        while (true)
        {
            var news = link.News;
            if (link.Channel is { Paused: false, Task: { TaskNumber: > 0, Done: false } task })
            {
                LogBegun(options.Consumer, options.TenantId, task.TaskNumber);
                var summary = await RunAsync(task, stopping);
                await feed.InsistAsync(() => link.CompleteTaskAsync(task.TaskNumber, summary, fencingNumber, stopping), stopping);
            }
            else
            {
                await news.WaitAsync(stopping);
            }
        }
    }

    private async Task<string> RunAsync(ChannelTask task, CancellationToken stopping)
    {
        var counts = new Counts();
        var skus = task.Skus.ToHashSet(StringComparer.Ordinal);
        var acknowledged = await feed.MovementCheckpointAsync(stopping);
        await AgainAsync(
            task.Resync ? 0 : task.ReplayAfterSequence, acknowledged, feed.ReadMovementsAsync, entry => skus.Count == 0 || (entry is JournalEntry.Goods goods && skus.Contains(goods.Movement.Sku)), task.Resync, counts, stopping);
        if (task.Resync && skus.Count == 0)
        {
            await AgainAsync(0, await feed.IntentCheckpointAsync(stopping), feed.ReadIntentsAsync, static _ => true, isResync: true, counts, stopping);
        }

        return FormattableString.Invariant($"{counts.Entries} entries looked at, {counts.Booked} booked now");
    }

    /// <summary>Only what was delivered once: what was not yet is the deliveries' matter.</summary>
    private async Task AgainAsync(
        long after, long until, Func<long, CancellationToken, Task<JournalPage>> read, Func<JournalEntry, bool> isMeant, bool isResync, Counts counts, CancellationToken stopping)
    {
        while (after < until)
        {
            var page = await read(after, stopping);
            if (page.Position == after)
            {
                return;
            }

            foreach (var batch in page.Entries.Where(each => each.Position <= until && channel.Concerns(each.Entry) && isMeant(each.Entry)).Chunk(channel.MaxEntriesPerPost))
            {
                counts.Entries += batch.Length;
                JournalEntry[] entries = [.. batch.Select(each => each.Entry)];
                var open = isResync ? entries : await UnrecordedAsync(entries, stopping);
                var booked = open.Count > 0 ? await poster.SettleAsync(open, stopping) : [];
                counts.Booked += booked.Count;
                foreach (var entry in booked)
                {
                    await refused.MendedAsync(entry, stopping);
                }
            }

            after = page.Position;
        }
    }

    /// <summary>
    /// What somebody booked by hand and recorded carries no mark of ours in the channel, so a replay leaves alone all that is recorded. A resync does
    /// not: it is for a channel that has lost what it had.
    /// </summary>
    private async Task<IReadOnlyList<JournalEntry>> UnrecordedAsync(JournalEntry[] entries, CancellationToken stopping)
    {
        var unrecorded = new List<JournalEntry>();
        foreach (var entry in entries)
        {
            if (await feed.PostingOfAsync(entry.Origin, channel.Name, stopping) is null)
            {
                unrecorded.Add(entry);
            }
        }

        return unrecorded;
    }

    private sealed class Counts
    {
        public long Entries { get; set; }

        public long Booked { get; set; }
    }

    [LoggerMessage(LogLevel.Information, "Channel {Channel} of tenant {TenantId}: task {Task} has what was delivered looked at again")]
    private partial void LogBegun(string channel, string tenantId, long task);
}
