using System.Runtime.CompilerServices;
using StockAuthority.Database;
using StockAuthority.Intake.Inbox;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Intake.Dispatch;

/// <summary>
/// Takes pending rows to the authority, in any order and for as long as it takes: the authority converges whatever the
/// order, so one row that fails holds up no other.
/// </summary>
internal sealed partial class InboxDispatcher(
    InboxQueue queue,
    RowSignal signal,
    EventCompletion completion,
    PaymentEventSender sender,
    InboxMigration migration,
    IntakeSettings settings,
    IntakeMetrics metrics,
    TimeProvider clock,
    ILogger<InboxDispatcher> logger) : BackgroundService
{
    private const int LargestBatch = 256;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migration.Done.WaitAsync(stoppingToken);
        var options = new ParallelOptions { MaxDegreeOfParallelism = settings.DispatchConcurrency, CancellationToken = stoppingToken };
        await Parallel.ForEachAsync(PendingRowsAsync(stoppingToken), options, DispatchAsync);
    }

    private async IAsyncEnumerable<InboxRow> PendingRowsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var isHealthy = sender.IsHealthy;
            var rows = await TryClaimAsync(isHealthy ? LargestBatch : 1, cancellationToken);
            var taken = 0;
            try
            {
                while (taken < rows.Count)
                {
                    yield return rows[taken++];
                }
            }
            finally
            {
                // At shutdown: what was claimed but not begun is another replica's at once, not when its lease ends.
                foreach (var row in rows.Skip(taken))
                {
                    await GiveBackAsync(row, TimeSpan.Zero);
                }
            }

            if (!isHealthy)
            {
                // Not woken by webhooks: while they come, one after the other would be tried in vain.
                await Task.Delay(PollInterval, clock, cancellationToken);
            }
            else if (rows.Count == 0)
            {
                await signal.WaitAsync(PollInterval, cancellationToken);
            }
        }
    }

    private async Task<IReadOnlyList<InboxRow>> TryClaimAsync(int mostRows, CancellationToken cancellationToken)
    {
        try
        {
            return await queue.ClaimAsync(mostRows, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogClaimFailed(failure);
            return [];
        }
    }

    private async ValueTask DispatchAsync(InboxRow row, CancellationToken cancellationToken)
    {
        try
        {
            switch (await completion.CompleteAsync(row, cancellationToken))
            {
                case CompletionOutcome.Complete complete:
                    await RecordAsync(row, await sender.SendAsync(ApplyRequests.For(complete.Row, settings), cancellationToken));
                    break;
                case CompletionOutcome.Deferred deferred:
                    LogNotFetched(row.InboxId, row.AttemptCount, deferred.Reason);
                    metrics.Deferred(EventCompletion.FetchFailed);
                    break;
                default:
                    throw new InvalidOperationException("An event is complete or deferred.");
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            await GiveBackAsync(row, TimeSpan.Zero);
        }
        catch (Exception failure)
        {
            LogFailed(failure, row.InboxId, row.AttemptCount);
            await GiveBackAsync(row, Backoff.After(row.AttemptCount, ShortestDelay, LongestDelay));
        }
    }

    // Not cancelled by shutdown: the authority has answered, and the answer is worth one more statement.
    private async Task RecordAsync(InboxRow row, DispatchOutcome outcome)
    {
        switch (outcome)
        {
            case DispatchOutcome.Resolved resolved:
                await queue.MarkDispatchedAsync(row, resolved.Resolution, resolved.Reason, CancellationToken.None);
                metrics.Dispatched(resolved.Resolution, clock.GetUtcNow() - row.ReceivedAt);
                LogDispatched(row.InboxId, resolved.Resolution, resolved.Reason);
                break;
            case DispatchOutcome.Refused refused:
                await queue.MarkRefusedAsync(row, refused.Reason, CancellationToken.None);
                metrics.Refused(refused.Reason);
                LogRefused(row.InboxId, row.TenantId, refused.Reason);
                break;
            case DispatchOutcome.Deferred deferred:
                await queue.DeferAsync(row, Backoff.After(row.AttemptCount, ShortestDelay, LongestDelay), deferred.Reason, CancellationToken.None);
                metrics.Deferred(deferred.Reason);
                LogDeferred(row.InboxId, row.AttemptCount, deferred.Reason);
                break;
            default:
                throw new InvalidOperationException("An event is resolved, refused or deferred.");
        }
    }

    private async Task GiveBackAsync(InboxRow row, TimeSpan delay)
    {
        try
        {
            await queue.DeferAsync(row, delay, "DISPATCH_FAILED", CancellationToken.None);
        }
        catch (Exception failure)
        {
            // The row's lease ends by itself.
            LogClaimFailed(failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Dispatched {InboxId}: {Resolution} {Reason}")]
    private partial void LogDispatched(Guid inboxId, string resolution, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The authority refused {InboxId} of tenant {TenantId} for good: {Reason}")]
    private partial void LogRefused(Guid inboxId, string tenantId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Attempt {Attempt} to dispatch {InboxId} is deferred: {Reason}")]
    private partial void LogDeferred(Guid inboxId, int attempt, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Attempt {Attempt} to fetch what {InboxId} names failed: {Reason}")]
    private partial void LogNotFetched(Guid inboxId, int attempt, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Attempt {Attempt} to dispatch {InboxId} failed; it will be repeated")]
    private partial void LogFailed(Exception failure, Guid inboxId, int attempt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The inbox database did not answer the dispatcher; trying again")]
    private partial void LogClaimFailed(Exception failure);
}
