using StockAuthority.Database;
using StockAuthority.Intake.Providers;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Intake.Dispatch;

/// <summary>
/// Fetches what an event only names and stores it with its row, the lines of a report as rows of their own, before anything is told to
/// the authority. A fetch that fails is repeated with growing delays; once the attempts are used up the row is completed with that as
/// its problem, and parked.
/// </summary>
internal sealed class EventCompletion(InboxQueue queue, RowSignal signal, IHttpClientFactory clients, IntakeSettings settings)
{
    /// <summary>Its name in the inbox, in the metrics and in the problems of the parked event.</summary>
    public const string FetchFailed = "FETCH_FAILED";

    private static readonly TimeSpan ShortestDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(15);

    public async Task<CompletionOutcome> CompleteAsync(InboxRow row, CancellationToken cancellationToken)
    {
        if (row.Completion is not null || row.CompletionProblem is not null || IncompleteOf(row) is not { } provider)
        {
            return new CompletionOutcome.Complete(row);
        }

        await foreach (var outcome in provider.FetchAsync(row, clients.CreateClient(ProviderHttp.Client), cancellationToken).WithCancellation(cancellationToken))
        {
            switch (outcome)
            {
                case FetchOutcome.Fetched fetched:
                    return new CompletionOutcome.Complete(await queue.CompleteAsync(row, fetched, cancellationToken));
                case FetchOutcome.Part part:
                    if (await queue.StorePartAsync(row, part, cancellationToken) is not { } stored)
                    {
                        return new CompletionOutcome.Deferred("another replica is at it");
                    }

                    signal.Set();
                    row = stored;
                    break;
                case FetchOutcome.Failed failed:
                    return await FailedAsync(row, failed.Reason, cancellationToken);
                default:
                    throw new InvalidOperationException("What is fetched is a document, a part of a report, or a failure.");
            }
        }

        return row.Completion is not null ? new CompletionOutcome.Complete(row) : await FailedAsync(row, "an answer that ended early", cancellationToken);
    }

    private async Task<CompletionOutcome> FailedAsync(InboxRow row, string reason, CancellationToken cancellationToken)
    {
        if (row.AttemptCount >= settings.FetchAttempts)
        {
            var problem = $"{FetchFailed}: what the event names could not be fetched in {row.AttemptCount} attempts, at last because of {reason}";
            return new CompletionOutcome.Complete(await queue.GiveUpFetchingAsync(row, problem, cancellationToken));
        }

        await queue.DeferAsync(row, Backoff.After(row.AttemptCount, ShortestDelay, LongestDelay), $"{FetchFailed}: {reason}", cancellationToken);
        return new CompletionOutcome.Deferred(reason);
    }

    private IPaymentProvider? IncompleteOf(InboxRow row)
    {
        try
        {
            return settings.Providers.TryGetValue(row.Provider, out var provider) && provider.IsIncomplete(row) ? provider : null;
        }
        catch (Exception)
        {
            // Whatever is wrong with the body, its translation meets it too, and parks the event.
            return null;
        }
    }
}
