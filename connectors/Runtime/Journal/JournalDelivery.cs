using Grpc.Core;
using Microsoft.Extensions.Logging;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Runtime.Feed;
using StockAuthority.Operations.V1;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>
/// Two loops, one over the movements and one over the ledger actions of payments: read after the checkpoint, settle in order,
/// acknowledge. It polls: an ERP is not what customers look at, so nothing is gained by a stream.
/// </summary>
internal sealed partial class JournalDelivery(
    ChangeFeedService.ChangeFeedServiceClient feed,
    PostingService.PostingServiceClient postings,
    IJournalChannel channel,
    JournalPoster poster,
    ChannelLink link,
    FeedConnection connection,
    ConnectorOptions options,
    TimeProvider clock,
    ILogger<JournalDelivery> logger) : IDisposable
{
    private const int MovementsPerPage = 500;
    private const int IntentsPerPage = 100;
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);

    /// <summary>One at a time: an ERP that is slow is not made faster by two callers.</summary>
    private readonly SemaphoreSlim _turn = new(1);

    public void Dispose() => _turn.Dispose();

    /// <param name="fencingNumber">Of the lease under which it is booked.</param>
    /// <param name="stopping">Ends it.</param>
    public Task RunMovementsAsync(long fencingNumber, CancellationToken stopping) => RunAsync(
        "movements",
        async () => (await feed.GetCheckpointAsync(new GetCheckpointRequest { TenantId = options.TenantId, Consumer = options.Consumer }, deadline: Deadline(), cancellationToken: stopping)).Sequence,
        async after =>
        {
            var page = await feed.ReadChangesAsync(
                new ReadChangesRequest { TenantId = options.TenantId, AfterSequence = after, PageSize = MovementsPerPage }, deadline: Deadline(), cancellationToken: stopping);
            for (var index = 0; index < page.Movements.Count; index++)
            {
                if (page.Movements[index].Sequence != after + index + 1)
                {
                    throw new FeedGapException(after + index + 1, page.Movements[index].Sequence);
                }
            }

            return [.. page.Movements.Select(movement => (movement.Sequence, (JournalEntry)new JournalEntry.Goods(movement)))];
        },
        async sequence => await feed.AcknowledgeChangesAsync(
            new AcknowledgeChangesRequest { TenantId = options.TenantId, Consumer = options.Consumer, Sequence = sequence, FencingNumber = fencingNumber }, deadline: Deadline(), cancellationToken: stopping),
        stopping);

    public Task RunIntentsAsync(CancellationToken stopping) => RunAsync(
        "ledger actions",
        async () => (await postings.GetPostingCheckpointAsync(
            new GetPostingCheckpointRequest { TenantId = options.TenantId, Consumer = options.Consumer }, deadline: Deadline(), cancellationToken: stopping)).IntentNumber,
        async after =>
        {
            var page = await postings.ListPostingIntentsAsync(
                new ListPostingIntentsRequest { TenantId = options.TenantId, AfterIntentNumber = after, PaymentsOnly = true, PageSize = IntentsPerPage },
                deadline: Deadline(),
                cancellationToken: stopping);
            for (var index = 0; index < page.PostingIntents.Count; index++)
            {
                if (page.PostingIntents[index].IntentNumber != after + index + 1)
                {
                    throw new FeedGapException(after + index + 1, page.PostingIntents[index].IntentNumber);
                }
            }

            return [.. page.PostingIntents.Select(intent => (intent.IntentNumber, (JournalEntry)new JournalEntry.Ledger(intent)))];
        },
        async number => await postings.AcknowledgePostingIntentsAsync(
            new AcknowledgePostingIntentsRequest { TenantId = options.TenantId, Consumer = options.Consumer, IntentNumber = number }, deadline: Deadline(), cancellationToken: stopping),
        stopping);

    private async Task RunAsync(
        string what,
        Func<Task<long>> checkpoint,
        Func<long, Task<List<(long Position, JournalEntry Entry)>>> read,
        Func<long, Task> acknowledge,
        CancellationToken stopping)
    {
        var position = await InsistAsync(what, checkpoint, stopping);
        LogStarted(options.Consumer, options.TenantId, what, position);
        while (true)
        {
            await ResumedAsync(stopping);
            var page = await InsistAsync(what, () => read(position), stopping);
            if (page.Count == 0)
            {
                await Task.Delay(options.PollInterval, clock, stopping);
                continue;
            }

            foreach (var batch in page.Where(each => channel.Concerns(each.Entry)).Chunk(channel.MaxEntriesPerPost))
            {
                await _turn.WaitAsync(stopping);
                try
                {
                    await poster.SettleAsync([.. batch.Select(each => each.Entry)], stopping);
                }
                finally
                {
                    _turn.Release();
                }

                position = batch[^1].Position;
                await InsistAsync(what, () => DoneAsync(acknowledge(position)), stopping);
            }

            if (position < page[^1].Position)
            {
                position = page[^1].Position;
                await InsistAsync(what, () => DoneAsync(acknowledge(position)), stopping);
            }
        }

        static async Task<bool> DoneAsync(Task call)
        {
            await call;
            return true;
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

    private async Task<T> InsistAsync<T>(string what, Func<Task<T>> call, CancellationToken stopping)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                var answer = await call();
                connection.Up();
                return answer;
            }
            catch (RpcException exception) when (HealthReporter.IsLost(exception))
            {
                link.Lost();
                stopping.ThrowIfCancellationRequested();
                throw;
            }
            catch (Exception exception) when (exception is not FeedGapException && !stopping.IsCancellationRequested)
            {
                connection.Down();
                LogFailed(exception, options.TenantId, what);
                await Task.Delay(Backoff.After(failures, options.RetryDelay, options.MaxRetryDelay), clock, stopping);
            }
        }
    }

    private DateTime Deadline() => (clock.GetUtcNow() + CallLimit).UtcDateTime;

    [LoggerMessage(LogLevel.Information, "Consumer {Consumer} of tenant {TenantId} books {What} after {Position}")]
    private partial void LogStarted(string consumer, string tenantId, string what, long position);

    [LoggerMessage(LogLevel.Warning, "The authority does not answer about {What} of tenant {TenantId}; trying again")]
    private partial void LogFailed(Exception exception, string tenantId, string what);
}
