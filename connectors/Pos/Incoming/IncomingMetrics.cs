using System.Diagnostics.Metrics;

namespace StockAuthority.Connectors.Pos.Incoming;

/// <summary>What comes in from the tills.</summary>
internal sealed class IncomingMetrics
{
    private readonly Counter<long> _received;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _changes;
    private readonly Counter<long> _failures;

    public IncomingMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("StockAuthority.Connectors");
        _received = meter.CreateCounter<long>("stockauthority.connectors.incoming.webhooks", "{webhook}", "Webhooks that were taken, by whether they were new");
        _rejected = meter.CreateCounter<long>("stockauthority.connectors.incoming.webhooks.rejected", "{webhook}", "Webhooks that were turned away, by reason");
        _changes = meter.CreateCounter<long>("stockauthority.connectors.incoming.changes", "{change}", "Changes of the channel, by what came of them: echo, stored, booked, nothing, refused");
        _failures = meter.CreateCounter<long>("stockauthority.connectors.incoming.failures", "{reading}", "Readings of the channel's changes that failed");
    }

    public void WebhookReceived(bool isNew) => _received.Add(1, new KeyValuePair<string, object?>("new", isNew));

    public void WebhookRejected(string reason) => _rejected.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Changes(string result, long count) => _changes.Add(count, new KeyValuePair<string, object?>("result", result));

    public void Failed() => _failures.Add(1);
}
