using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using StockAuthority.Connectors.Runtime.Delivery;
using StockAuthority.Connectors.Runtime.Feed;

namespace StockAuthority.Connectors.Runtime;

/// <summary>Feed, delivery and checkpoint side by side. One of them failing is a bug: the process ends and starts again from its checkpoint.</summary>
internal sealed class ConnectorService(JournalReader journal, LevelDelivery delivery, CheckpointWriter checkpoints) : BackgroundService
{
    private const int PagesInMemory = 16;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var start = await journal.StartAsync(stoppingToken);
            var pages = Channel.CreateBounded<FeedPage>(new BoundedChannelOptions(PagesInMemory) { SingleReader = true, SingleWriter = true });
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            Task[] parts =
            [
                journal.RunAsync(pages.Writer, ending.Token),
                delivery.RunAsync(start.Sequence, start.HeadSequence, pages.Reader, ending.Token),
                checkpoints.RunAsync(ending.Token),
            ];
            var first = await Task.WhenAny(parts);
            await ending.CancelAsync();
            await first;
            await Task.WhenAll(parts);
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            // Calls that were cut off by stopping fail in their own ways; the checkpoint says where to resume.
        }
    }
}
