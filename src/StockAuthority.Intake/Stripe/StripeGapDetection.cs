using StockAuthority.Database;
using StockAuthority.Intake.Inbox;
using StockAuthority.Intake.Providers;

namespace StockAuthority.Intake.Stripe;

/// <summary>
/// Pulls what happened from Stripe's own list of events, so that one that never came as a webhook is in the inbox all the same. The
/// recent ones are pulled on every run, in order of time and not beyond where it is certain that all are in; those that Stripe
/// itself calls undelivered once a day. Accounts without an API key are left alone.
/// </summary>
internal sealed partial class StripeGapDetection(
    EventPulls pulls,
    RowSignal signal,
    InboxMigration migration,
    IHttpClientFactory clients,
    IntakeSettings settings,
    IntakeMetrics metrics,
    TimeProvider clock,
    ILogger<StripeGapDetection> logger) : BackgroundService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(15);

    // A run is repeated from a little before where the last one ended: what is listed late is not missed.
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(10);

    // What happened just now is on its way as a webhook.
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LongestSlice = TimeSpan.FromDays(1);
    private static readonly TimeSpan UndeliveredInterval = TimeSpan.FromDays(1);

    // Stripe lists no further back. What the inbox has forgotten already must not come in again.
    private static readonly TimeSpan LongestHistory = TimeSpan.FromDays(30);

    private readonly StripeProvider? _stripe = settings.Providers.Values.OfType<StripeProvider>().FirstOrDefault();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_stripe is not { PulledAccounts.Count: > 0 })
        {
            return;
        }

        await migration.Done.WaitAsync(stoppingToken);
        var begun = new HashSet<PulledAccount>();
        using var timer = new PeriodicTimer(PollInterval, clock);
        do
        {
            foreach (var account in _stripe.PulledAccounts)
            {
                try
                {
                    if (!begun.Contains(account))
                    {
                        await pulls.BeginAsync(account, _stripe.FirstDays is { } days ? clock.GetUtcNow() - TimeSpan.FromDays(days) : null, stoppingToken);
                        begun.Add(account);
                    }

                    await RunIfDueAsync(account, stoppingToken);
                }
                catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
                {
                    LogFailed(failure, account.Account);
                }
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RunIfDueAsync(PulledAccount account, CancellationToken cancellationToken)
    {
        if (await pulls.ClaimAsync(account, cancellationToken) is not { } pull)
        {
            return;
        }

        var startedAt = clock.GetUtcNow();
        var dueAt = startedAt + RetryInterval;
        DateTimeOffset? undeliveredCheckedAt = null;
        try
        {
            if (await PullRecentAsync(pull, startedAt - Grace, cancellationToken) is { } failed)
            {
                LogRefused(account.Account, failed);
                return;
            }

            if (pull.UndeliveredCheckedAt is not { } checkedAt || startedAt - checkedAt >= UndeliveredInterval)
            {
                var undelivered = await PullAsync(pull, new StripeEventFilter(Earliest(pull, startedAt), startedAt - Grace, UndeliveredOnly: true), cancellationToken);
                if (undelivered is not null)
                {
                    LogRefused(account.Account, undelivered);
                    return;
                }

                undeliveredCheckedAt = startedAt;
            }

            dueAt = startedAt + _stripe!.PullInterval;
        }
        catch (OperationCanceledException)
        {
            // Another replica goes on at once. After a crash it does when the lease ends.
            dueAt = startedAt;
            throw;
        }
        finally
        {
            await pulls.FinishAsync(pull, dueAt, undeliveredCheckedAt, CancellationToken.None);
        }
    }

    private async Task<string?> PullRecentAsync(EventPull pull, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var from = Later(Earliest(pull, until), pull.PulledThroughAt - Overlap);
        while (from < until)
        {
            var to = until - from > LongestSlice ? from + LongestSlice : until;
            if (await PullAsync(pull, new StripeEventFilter(from, to), cancellationToken) is { } failed)
            {
                return failed;
            }

            if (!await pulls.AdvanceAsync(pull, to, cancellationToken))
            {
                return "the lease ran out";
            }

            from = to;
        }

        return null;
    }

    /// <returns>Null once all pages are in, else why they are not.</returns>
    private async Task<string?> PullAsync(EventPull pull, StripeEventFilter filter, CancellationToken cancellationToken)
    {
        string? after = null;
        do
        {
            switch (await _stripe!.ListEventsAsync(pull.Account.Account, filter, after, clients.CreateClient(ProviderHttp.Client), cancellationToken))
            {
                case StripeEventPage.Refused refused:
                    return refused.Reason;
                case StripeEventPage.Listed page:
                    if (await pulls.StoreAsync(pull, page.Events, cancellationToken) is not { } stored)
                    {
                        return "the lease ran out";
                    }

                    Report(pull, stored);
                    after = page.Next;
                    break;
                default:
                    throw new InvalidOperationException("A page is listed or refused.");
            }
        }
        while (after is not null);
        return null;
    }

    private void Report(EventPull pull, int stored)
    {
        if (stored > 0)
        {
            signal.Set();
            metrics.Pulled(pull.Account.Account, stored);
            LogPulled(pull.Account.Account, stored);
        }
    }

    private DateTimeOffset Earliest(EventPull pull, DateTimeOffset now)
    {
        var history = settings.Retention < LongestHistory ? settings.Retention : LongestHistory;
        return Later(pull.SinceAt, now - history);
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} events of Stripe account {Account} had not come as webhooks and were pulled")]
    private partial void LogPulled(string account, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The events of Stripe account {Account} could not be pulled: {Reason}; trying again soon")]
    private partial void LogRefused(string account, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Pulling the events of Stripe account {Account} failed; it will be repeated")]
    private partial void LogFailed(Exception failure, string account);
}
