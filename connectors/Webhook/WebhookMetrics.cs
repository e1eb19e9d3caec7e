using System.Diagnostics.Metrics;
using StockAuthority.Connectors.Webhook.Subscriptions;

namespace StockAuthority.Connectors.Webhook;

internal sealed class WebhookMetrics
{
    private readonly TimeProvider _clock;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _disabled;
    private readonly Histogram<double> _delay;
    private IReadOnlyList<SubscriberStatus> _subscribers = [];

    public WebhookMetrics(IMeterFactory meters, TimeProvider clock)
    {
        _clock = clock;
        var meter = meters.Create("StockAuthority.Connectors.Webhook");
        _attempts = meter.CreateCounter<long>("stockauthority.webhooks.attempts", "{attempt}", "Requests to subscribers, by subscriber and outcome");
        _disabled = meter.CreateCounter<long>("stockauthority.webhooks.disabled", "{subscription}", "Subscriptions that were disabled, by reason");
        _delay = meter.CreateHistogram(
            "stockauthority.webhooks.delivered.delay",
            "s",
            "From the storing of a message to the subscriber's answer that it has it",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400] });
        meter.CreateObservableGauge("stockauthority.webhooks.subscriber.disabled", () => Of(static status => status.Enabled ? 0L : 1), "{subscription}", "1 while a subscription is disabled");
        meter.CreateObservableGauge("stockauthority.webhooks.messages.waiting", () => Of(static status => status.Waiting), "{message}", "Messages that a subscriber has not got yet");
        meter.CreateObservableGauge("stockauthority.webhooks.undelivered.age", () => Of(Age), "s", "How long ago the oldest of them was stored; 0 where none waits");
    }

    public void Attempted(string subscriber, string outcome) => _attempts.Add(1, new("subscriber", subscriber), new("outcome", outcome));

    public void Delivered(string subscriber, TimeSpan delay) => _delay.Record(Math.Max(0, delay.TotalSeconds), new KeyValuePair<string, object?>("subscriber", subscriber));

    public void Disabled(string subscriber, string reason) => _disabled.Add(1, new("subscriber", subscriber), new("reason", reason));

    public void Subscribers(IReadOnlyList<SubscriberStatus> statuses) => Volatile.Write(ref _subscribers, statuses);

    private IEnumerable<Measurement<T>> Of<T>(Func<SubscriberStatus, T> value)
        where T : struct => Volatile.Read(ref _subscribers).Select(status => new Measurement<T>(value(status), new KeyValuePair<string, object?>("subscriber", status.Subscriber)));

    private double Age(SubscriberStatus status) => status.OldestStoredAt is { } oldest ? Math.Max(0, (_clock.GetUtcNow() - oldest).TotalSeconds) : 0;
}
