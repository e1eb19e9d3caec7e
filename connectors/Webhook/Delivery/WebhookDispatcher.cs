using System.Globalization;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.Connectors.Webhook.Messages;
using StockAuthority.Connectors.Webhook.Subscriptions;
using StockAuthority.Database;

namespace StockAuthority.Connectors.Webhook.Delivery;

/// <summary>Sends what is due, each subscriber in a loop of its own: one that is slow or away holds up no other.</summary>
internal sealed partial class WebhookDispatcher(
    MessageQueue queue,
    SubscriptionStates states,
    SubscriberSignals signals,
    WebhookSender sender,
    WebhookMigration migration,
    WebhookOptions options,
    WebhookMetrics metrics,
    ChannelCases cases,
    TimeProvider clock,
    ILogger<WebhookDispatcher> logger) : BackgroundService
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    /// <summary>Half of the 30 seconds within which a channel has to be level again once it answers.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migration.Done.WaitAsync(stoppingToken);
        await Task.WhenAll(options.Subscribers.Select(subscriber => RunAsync(subscriber, signals.Of(subscriber.Name), stoppingToken)));
    }

    private async Task RunAsync(Subscriber subscriber, RowSignal signal, CancellationToken stopping)
    {
        var inFlight = new List<Task>();
        try
        {
            while (true)
            {
                inFlight.RemoveAll(delivery => delivery.IsCompleted);
                var claimed = await TryClaimAsync(subscriber.Name, options.ConcurrentRequests - inFlight.Count, stopping);
                inFlight.AddRange(claimed.Select(message => DeliverAsync(subscriber, message, signal)));
                if (claimed.Count == 0)
                {
                    await signal.WaitAsync(options.PollInterval, stopping);
                }
            }
        }
        finally
        {
            await Task.WhenAll(inFlight);
        }
    }

    private async Task<IReadOnlyList<ClaimedMessage>> TryClaimAsync(string subscriber, int most, CancellationToken cancellationToken)
    {
        try
        {
            return most == 0 ? [] : await queue.ClaimAsync(subscriber, most, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogClaimFailed(failure, subscriber);
            return [];
        }
    }

    private async Task DeliverAsync(Subscriber subscriber, ClaimedMessage message, RowSignal signal)
    {
        try
        {
            // To its end even at shutdown, an attempt's time at most: whether the subscriber has what is broken off would not be known, and the
            // level would wait until the lease ends.
            var outcome = await sender.SendAsync(subscriber, message);
            await RecordAsync(subscriber.Name, message, outcome, CancellationToken.None);
        }
        catch (Exception failure)
        {
            // It comes up again when its lease ends: whether the subscriber has it is not known.
            LogNotRecorded(failure, message.MessageId, subscriber.Name);
        }
        finally
        {
            signal.Set();
        }
    }

    private async Task RecordAsync(string subscriber, ClaimedMessage message, DeliveryOutcome outcome, CancellationToken cancellationToken)
    {
        metrics.Attempted(subscriber, outcome.Error ?? "delivered");
        if (outcome.Kind == DeliveryKind.Delivered)
        {
            await queue.DeliveredAsync(subscriber, message, outcome.Status!.Value, outcome.ResponseExcerpt, cancellationToken);
            await states.SucceededAsync(subscriber, cancellationToken);
            metrics.Delivered(subscriber, clock.GetUtcNow() - message.StoredAt);
            return;
        }

        LogNotDelivered(message.MessageId, subscriber, message.AttemptCount, outcome.Error);
        var now = clock.GetUtcNow();
        var failingSince = await states.FailedAsync(subscriber, cancellationToken);
        if (outcome.Kind == DeliveryKind.Gone)
        {
            await DisableAsync(subscriber, "GONE", "GONE: the subscriber answered 410", cancellationToken);
        }
        else if (now - failingSince >= RetrySchedule.Limit)
        {
            await DisableAsync(subscriber, "FAILING", string.Create(CultureInfo.InvariantCulture, $"FAILING: nothing was taken since {failingSince.UtcDateTime:s}Z, last {outcome.Error}"), cancellationToken);
        }

        var dueAt = now + RetrySchedule.After(message.AttemptCount, outcome.RetryAfter);
        if (outcome.Kind == DeliveryKind.Unwell)
        {
            // The subscriber is at fault and not the message: what was out when it failed is what it is tried with when the pause is over.
            var pausedUntil = now + Pause(now - failingSince, outcome.RetryAfter);
            await states.PauseAsync(subscriber, pausedUntil, cancellationToken);
            dueAt = pausedUntil < dueAt ? pausedUntil : dueAt;
        }

        // A message may fail for itself while others are taken; where everything fails it waits for the subscriber to be enabled again.
        var givenUp = now - message.FirstAttemptAt >= RetrySchedule.Limit && now - failingSince < RetrySchedule.Limit && outcome.Kind != DeliveryKind.Gone;
        await queue.FailedAsync(
            subscriber, message, outcome.Status, outcome.Error, outcome.ResponseExcerpt, dueAt, givenUp, cancellationToken);
        if (givenUp)
        {
            cases.Undelivered(
                subscriber, new StockKey(message.Sku, message.LocationId), outcome.Error ?? "FAILED", string.Create(CultureInfo.InvariantCulture, $"message {message.MessageId}, version {message.Version}"),
                string.Create(CultureInfo.InvariantCulture, $"{outcome.Status} {outcome.ResponseExcerpt}"));
        }
    }

    private async Task DisableAsync(string subscriber, string reason, string text, CancellationToken cancellationToken)
    {
        if (await states.DisableAsync(subscriber, text, cancellationToken))
        {
            metrics.Disabled(subscriber, reason);
            LogDisabled(subscriber, text);
            cases.Undelivered(subscriber, default, reason, "", text);
        }
    }

    /// <summary>As long again as it has been failing: twice as long each time, however many messages are out at once.</summary>
    private static TimeSpan Pause(TimeSpan failing, TimeSpan? retryAfter)
    {
        var pause = failing < ShortestPause ? ShortestPause : failing < LongestPause ? failing : LongestPause;
        return retryAfter > pause ? retryAfter.Value : pause;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Message {MessageId} was not delivered to {Subscriber} at attempt {Attempt}: {Error}")]
    private partial void LogNotDelivered(string messageId, string subscriber, int attempt, string? error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Subscriber {Subscriber} is disabled, {Reason}; stockctl webhook enable takes it up again")]
    private partial void LogDisabled(string subscriber, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What is due for {Subscriber} could not be read; trying again")]
    private partial void LogClaimFailed(Exception failure, string subscriber);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What became of message {MessageId} to {Subscriber} is not recorded; it is sent again")]
    private partial void LogNotRecorded(Exception failure, string messageId, string subscriber);
}
