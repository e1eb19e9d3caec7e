using System.Diagnostics.Metrics;

namespace StockAuthority.Connectors.Webhook;

internal sealed class WebhookMetrics
{
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _disabled;

    public WebhookMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("StockAuthority.Connectors.Webhook");
        _attempts = meter.CreateCounter<long>("stockauthority.webhooks.attempts", "{attempt}", "Requests to subscribers, by subscriber and outcome");
        _disabled = meter.CreateCounter<long>("stockauthority.webhooks.disabled", "{subscription}", "Subscriptions that were disabled, by reason");
    }

    public void Attempted(string subscriber, string outcome) => _attempts.Add(1, new("subscriber", subscriber), new("outcome", outcome));

    public void Disabled(string subscriber, string reason) => _disabled.Add(1, new("subscriber", subscriber), new("reason", reason));
}
