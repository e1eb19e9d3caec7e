using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Operations.V1;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>
/// How far behind the bookings are, asked of the authority and not of the deliveries: a paused channel and one whose ERP is away are behind
/// too. And it reports to the authority how the channel does.
/// </summary>
internal sealed partial class JournalHealth(
    ChangeFeedService.ChangeFeedServiceClient feed,
    PostingService.PostingServiceClient postings,
    ChannelLink link,
    ChannelCases cases,
    HealthReporter reporter,
    ChannelHealthMeter meter,
    ConnectorOptions options,
    TimeProvider clock,
    ILogger<JournalHealth> logger) : BackgroundService
{
    /// <summary>Of ledger actions there is no head to subtract from: so many are counted, and more are as many.</summary>
    private const int MostIntents = 100;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await LeaseTerms.FirstEndsAllAsync(ending, LookAsync(ending.Token), cases.RunAsync(ending.Token), ReportAsync(ending.Token));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task ReportAsync(CancellationToken stopping)
    {
        await link.HeldAsync(stopping);
        await reporter.RunAsync(stopping);
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                var (movements, movedAt) = await MovementsAsync(stopping);
                var (intents, intendedAt) = await IntentsAsync(stopping);
                meter.Queue((int)Math.Min(int.MaxValue, movements + intents), movedAt < intendedAt || intendedAt is null ? movedAt : intendedAt);
            }
            catch (RpcException exception) when (!stopping.IsCancellationRequested)
            {
                LogNotRead(exception, options.Consumer, options.TenantId);
            }

            await Task.Delay(options.ReportInterval, clock, stopping);
        }
    }

    private async Task<(long Waiting, DateTimeOffset? Oldest)> MovementsAsync(CancellationToken stopping)
    {
        var checkpoint = await feed.GetCheckpointAsync(new GetCheckpointRequest { TenantId = options.TenantId, Consumer = options.Consumer }, deadline: clock.CallDeadline(), cancellationToken: stopping);
        if (checkpoint.HeadSequence <= checkpoint.Sequence)
        {
            return (0, null);
        }

        var next = await feed.ReadChangesAsync(
            new ReadChangesRequest { TenantId = options.TenantId, AfterSequence = checkpoint.Sequence, PageSize = 1 }, deadline: clock.CallDeadline(), cancellationToken: stopping);
        return (checkpoint.HeadSequence - checkpoint.Sequence, next.Movements.FirstOrDefault()?.RecordTime.ToDateTimeOffset());
    }

    private async Task<(long Waiting, DateTimeOffset? Oldest)> IntentsAsync(CancellationToken stopping)
    {
        var checkpoint = await postings.GetPostingCheckpointAsync(
            new GetPostingCheckpointRequest { TenantId = options.TenantId, Consumer = options.Consumer }, deadline: clock.CallDeadline(), cancellationToken: stopping);
        var next = await postings.ListPostingIntentsAsync(
            new ListPostingIntentsRequest { TenantId = options.TenantId, AfterIntentNumber = checkpoint.IntentNumber, PaymentsOnly = true, PageSize = MostIntents },
            deadline: clock.CallDeadline(),
            cancellationToken: stopping);
        return (next.PostingIntents.Count, next.PostingIntents.FirstOrDefault()?.RecordTime.ToDateTimeOffset());
    }

    [LoggerMessage(LogLevel.Warning, "How far behind consumer {Consumer} of tenant {TenantId} is cannot be read; trying again")]
    private partial void LogNotRead(Exception exception, string consumer, string tenantId);
}
