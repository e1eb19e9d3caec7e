using System.Diagnostics.Metrics;

namespace StockAuthority.Intake;

internal sealed class IntakeMetrics
{
    private readonly Counter<long> _received;
    private readonly Counter<long> _pulled;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _dispatched;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _deferred;
    private readonly Histogram<double> _dispatchSeconds;

    public IntakeMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("StockAuthority.Intake");
        _received = meter.CreateCounter<long>("intake.webhooks.received", description: "Webhooks that were stored and answered with 2xx.");
        _pulled = meter.CreateCounter<long>("intake.events.pulled", description: "Events that had not come as webhooks and were found in the provider's list.");
        _rejected = meter.CreateCounter<long>("intake.webhooks.rejected", description: "Webhooks that were turned away, by reason.");
        _dispatched = meter.CreateCounter<long>("intake.events.dispatched", description: "Events that the authority resolved, by resolution.");
        _refused = meter.CreateCounter<long>("intake.events.refused", description: "Events that the authority refused for good, by reason.");
        _deferred = meter.CreateCounter<long>("intake.events.deferred", description: "Attempts to dispatch that will be repeated, by reason.");
        _dispatchSeconds = meter.CreateHistogram<double>("intake.events.dispatch.duration", "s", "From the webhook's receipt to the authority's resolution.");
    }

    public void Received(string account) => _received.Add(1, Tag("account", account));

    public void Pulled(string account, int count) => _pulled.Add(count, Tag("account", account));

    public void Rejected(string account, string reason) => _rejected.Add(1, Tag("account", account), Tag("reason", reason));

    public void Dispatched(string resolution, TimeSpan sinceReceipt)
    {
        _dispatched.Add(1, Tag("resolution", resolution));
        _dispatchSeconds.Record(sinceReceipt.TotalSeconds);
    }

    public void Refused(string reason) => _refused.Add(1, Tag("reason", reason));

    public void Deferred(string reason) => _deferred.Add(1, Tag("reason", reason));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
