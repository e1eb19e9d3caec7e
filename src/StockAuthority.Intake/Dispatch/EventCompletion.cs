using StockAuthority.Intake.Providers;

namespace StockAuthority.Intake.Dispatch;

/// <summary>
/// Fetches what an event only names and stores it with its row, before anything is told to the authority. A fetch that fails is
/// repeated with growing delays; once the attempts are used up the row is completed with that as its problem, and parked.
/// </summary>
internal sealed class EventCompletion(InboxQueue queue, IHttpClientFactory clients, IntakeSettings settings)
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

        switch (await provider.FetchAsync(row, clients.CreateClient(ProviderHttp.Client), cancellationToken))
        {
            case FetchOutcome.Fetched fetched:
                return new CompletionOutcome.Complete(await queue.CompleteAsync(row, fetched, cancellationToken));
            case FetchOutcome.Failed failed when row.AttemptCount >= settings.FetchAttempts:
                var problem = $"{FetchFailed}: what the event names could not be fetched in {row.AttemptCount} attempts, at last because of {failed.Reason}";
                return new CompletionOutcome.Complete(await queue.GiveUpFetchingAsync(row, problem, cancellationToken));
            case FetchOutcome.Failed failed:
                await queue.DeferAsync(row, DelayAfter(row.AttemptCount), $"{FetchFailed}: {failed.Reason}", cancellationToken);
                return new CompletionOutcome.Deferred(failed.Reason);
            default:
                throw new InvalidOperationException("A fetch succeeds or fails.");
        }
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

    private static TimeSpan DelayAfter(int attemptCount)
    {
        var seconds = Math.Min(ShortestDelay.TotalSeconds * (1 << Math.Min(attemptCount - 1, 20)), LongestDelay.TotalSeconds);
        return TimeSpan.FromSeconds(seconds * (0.5 + (Random.Shared.NextDouble() / 2)));
    }
}
