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
            await FirstEndsAllAsync(
                ending, link.RunAsync(ending.Token), cases.RunAsync(ending.Token), reporter.RunAsync(ending.Token), TermsAsync(ending.Token));
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            // Calls that were cut off by stopping fail in their own ways; the checkpoint says where to resume.
        }

        await link.ReleaseAsync();
    }

    private async Task TermsAsync(CancellationToken stopping)
    {
        while (true)
        {
            await link.HeldAsync(stopping);
            using var term = CancellationTokenSource.CreateLinkedTokenSource(stopping, link.Term);
            try
            {
                await TermAsync(term);
            }
            catch (Exception) when (term.IsCancellationRequested && !stopping.IsCancellationRequested)
            {
                // Another instance works now, or may: what was begun is its matter.
            }
        }
    }

    private async Task TermAsync(CancellationTokenSource term)
    {
        var fencingNumber = link.Channel.Lease.FencingNumber;
        var start = await journal.StartAsync(term.Token);
        checkpoints.Begin(start.Sequence);
        var pages = Channel.CreateBounded<FeedPage>(new BoundedChannelOptions(PagesInMemory) { SingleReader = true, SingleWriter = true });
        await FirstEndsAllAsync(
            term,
            journal.RunAsync(pages.Writer, term.Token),
            delivery.RunAsync(start.Sequence, start.HeadSequence, pages.Reader, term.Token),
            checkpoints.RunAsync(fencingNumber, term.Token));
    }

    private static async Task FirstEndsAllAsync(CancellationTokenSource ending, params Task[] parts)
    {
        var first = await Task.WhenAny(parts);
        await ending.CancelAsync();
        try
        {
            await first;
        }
        finally
        {
            // Nothing of this goes on beside what comes next.
            await Task.WhenAll(parts).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        await Task.WhenAll(parts);
    }
}
