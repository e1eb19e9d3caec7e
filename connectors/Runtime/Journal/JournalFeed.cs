using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Runtime.Feed;
using StockAuthority.Operations.V1;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <param name="Entries">In order.</param>
/// <param name="Position">How far this is, whether there are entries or not.</param>
/// <param name="IsDetached">Whether what is up to there cannot be read any more.</param>
internal sealed record JournalPage(IReadOnlyList<(long Position, JournalEntry Entry)> Entries, long Position, bool IsDetached = false);

/// <summary>Both journals as the authority has them, movements and ledger actions of payments, and how far they are booked. Every call is repeated until it is answered.</summary>
internal sealed partial class JournalFeed(
    ChangeFeedService.ChangeFeedServiceClient feed,
    PostingService.PostingServiceClient postings,
    ChannelLink link,
    FeedConnection connection,
    ConnectorOptions options,
    TimeProvider clock,
    ILogger<JournalFeed> logger)
{
    private const int MovementsPerPage = 500;
    private const int IntentsPerPage = 100;

    public Task<long> MovementCheckpointAsync(CancellationToken stopping) => InsistAsync(
        async () => (await feed.GetCheckpointAsync(new GetCheckpointRequest { TenantId = options.TenantId, Consumer = options.Consumer }, deadline: clock.CallDeadline(), cancellationToken: stopping)).Sequence,
        stopping);

    public Task<long> IntentCheckpointAsync(CancellationToken stopping) => InsistAsync(
        async () => (await postings.GetPostingCheckpointAsync(
            new GetPostingCheckpointRequest { TenantId = options.TenantId, Consumer = options.Consumer }, deadline: clock.CallDeadline(), cancellationToken: stopping)).IntentNumber,
        stopping);

    /// <summary>What an entry is recorded as booked as there, by this connector or by somebody who did it by hand; null where it is not.</summary>
    public Task<Posting?> PostingOfAsync(string origin, string system, CancellationToken stopping) => InsistAsync(
        async () => (await postings.ListPostingsAsync(
            new ListPostingsRequest { TenantId = options.TenantId, Origin = origin, System = system, PageSize = 1 }, deadline: clock.CallDeadline(), cancellationToken: stopping)).Postings.SingleOrDefault(),
        stopping);

    /// <summary>The entry of an origin; null where there is none, or where it was detached from the journal.</summary>
    public async Task<JournalEntry?> FindAsync(string origin, CancellationToken stopping)
    {
        if (origin.Split('/') is not [var kind, var text] || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
        {
            return null;
        }

        var page = kind switch
        {
            "movement" => await ReadMovementsAsync(number - 1, 1, stopping),
            "intent" => await ReadIntentsAsync(number - 1, 1, stopping),
            _ => null,
        };
        return page?.Entries.Select(each => each.Entry).SingleOrDefault();
    }

    public Task<JournalPage> ReadMovementsAsync(long after, CancellationToken stopping) => ReadMovementsAsync(after, MovementsPerPage, stopping);

    public Task<JournalPage> ReadIntentsAsync(long after, CancellationToken stopping) => ReadIntentsAsync(after, IntentsPerPage, stopping);

    /// <param name="sequence">Everything up to here is booked, or is a case.</param>
    /// <param name="fencingNumber">Of the lease under which it was.</param>
    /// <param name="stopping">Ends it.</param>
    public Task AcknowledgeMovementsAsync(long sequence, long fencingNumber, CancellationToken stopping) => InsistAsync(
        async () => (await feed.AcknowledgeChangesAsync(
            new AcknowledgeChangesRequest { TenantId = options.TenantId, Consumer = options.Consumer, Sequence = sequence, FencingNumber = fencingNumber }, deadline: clock.CallDeadline(), cancellationToken: stopping)).Sequence,
        stopping);

    public Task AcknowledgeIntentsAsync(long number, CancellationToken stopping) => InsistAsync(
        async () => (await postings.AcknowledgePostingIntentsAsync(
            new AcknowledgePostingIntentsRequest { TenantId = options.TenantId, Consumer = options.Consumer, IntentNumber = number }, deadline: clock.CallDeadline(), cancellationToken: stopping)).IntentNumber,
        stopping);

    public async Task<T> InsistAsync<T>(Func<Task<T>> call, CancellationToken stopping)
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
                LogFailed(exception, options.TenantId);
                await Task.Delay(Backoff.After(failures, options.RetryDelay, options.MaxRetryDelay), clock, stopping);
            }
        }
    }

    private Task<JournalPage> ReadMovementsAsync(long after, int most, CancellationToken stopping) => InsistAsync(
        async () =>
        {
            try
            {
                var page = await feed.ReadChangesAsync(
                    new ReadChangesRequest { TenantId = options.TenantId, AfterSequence = after, PageSize = most }, deadline: clock.CallDeadline(), cancellationToken: stopping);
                return Page(after, page.Movements.Select(movement => (movement.Sequence, (JournalEntry)new JournalEntry.Goods(movement))));
            }
            catch (RpcException exception) when (JournalReader.DetachedUpTo(exception) is { } detached && detached > after)
            {
                return new JournalPage([], detached, IsDetached: true);
            }
        },
        stopping);

    private Task<JournalPage> ReadIntentsAsync(long after, int most, CancellationToken stopping) => InsistAsync(
        async () =>
        {
            var page = await postings.ListPostingIntentsAsync(
                new ListPostingIntentsRequest { TenantId = options.TenantId, AfterIntentNumber = after, PaymentsOnly = true, PageSize = most },
                deadline: clock.CallDeadline(),
                cancellationToken: stopping);
            return Page(after, page.PostingIntents.Select(intent => (intent.IntentNumber, (JournalEntry)new JournalEntry.Ledger(intent))));
        },
        stopping);

    private static JournalPage Page(long after, IEnumerable<(long Position, JournalEntry Entry)> entries)
    {
        (long Position, JournalEntry Entry)[] all = [.. entries];
        for (var index = 0; index < all.Length; index++)
        {
            if (all[index].Position != after + index + 1)
            {
                throw new FeedGapException(after + index + 1, all[index].Position);
            }
        }

        return new JournalPage(all, after + all.Length);
    }

    [LoggerMessage(LogLevel.Warning, "The authority does not answer about the journals of tenant {TenantId}; trying again")]
    private partial void LogFailed(Exception exception, string tenantId);
}
