using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Runtime.Feed;

namespace StockAuthority.Connectors.Runtime;

/// <summary>
/// Feed, delivery and checkpoint side by side, for as long as this instance has the lease; then it stands by. One of them failing
/// is a bug: the process ends and starts again from its checkpoint.
/// </summary>
internal sealed class ConnectorService(
    ChannelLink link, ChannelCases cases, HealthReporter reporter, JournalReader journal, IFeedDelivery delivery, CheckpointWriter checkpoints) : BackgroundService
{
    private const int PagesInMemory = 16;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        cases.Told = link.Nudge;
        try
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await LeaseTerms.FirstEndsAllAsync(
                ending, link.RunAsync(ending.Token), cases.RunAsync(ending.Token), reporter.RunAsync(ending.Token), LeaseTerms.RunAsync(link, TermAsync, ending.Token));
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            // Calls that were cut off by stopping fail in their own ways; the checkpoint says where to resume.
        }

        await link.ReleaseAsync();
    }

    private async Task TermAsync(CancellationTokenSource term)
    {
        var fencingNumber = link.Channel.Lease.FencingNumber;
        var start = await journal.StartAsync(term.Token);
        checkpoints.Begin(start.Sequence);
        var pages = Channel.CreateBounded<FeedPage>(new BoundedChannelOptions(PagesInMemory) { SingleReader = true, SingleWriter = true });
        await LeaseTerms.FirstEndsAllAsync(
            term,
            journal.RunAsync(pages.Writer, term.Token),
            delivery.RunAsync(start.Sequence, start.HeadSequence, pages.Reader, term.Token),
            checkpoints.RunAsync(fencingNumber, term.Token));
    }
}
