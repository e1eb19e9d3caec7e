using System.Diagnostics.Metrics;
using StockAuthority.Connectors.Runtime.Channels;

namespace StockAuthority.Connectors.Runtime;

internal sealed class ConnectorMetrics
{
    public const string MeterName = "StockAuthority.Connectors";

    private readonly KeyValuePair<string, object?> _channel;
    private readonly Histogram<double> _delay;
    private readonly Counter<long> _confirmed;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _differing;
    private readonly Counter<long> _failed;
    private long _headSequence;
    private long _acknowledgedSequence;
    private readonly Counter<long> _pushes;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _drift;
    private int _pendingLevels;

    public ConnectorMetrics(IMeterFactory meters, ChannelName channel, ChannelHealthMeter health, ChannelLink link, TimeProvider clock)
    {
        _channel = new("channel", channel.Value);
        var meter = meters.Create(MeterName);
        _delay = meter.CreateHistogram(
            "stockauthority.connectors.visible.delay",
            "s",
            "From the recording of a movement to the channel's confirmation of the level that includes it",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600] });
        _confirmed = meter.CreateCounter<long>("stockauthority.connectors.levels.confirmed", "{level}", "Levels that the channel took");
        _refused = meter.CreateCounter<long>("stockauthority.connectors.levels.refused", "{level}", "Levels that the channel refused for good");
        _differing = meter.CreateCounter<long>("stockauthority.connectors.levels.differing", "{level}", "Levels that the channel took and reads back differently");
        _failed = meter.CreateCounter<long>("stockauthority.connectors.rounds.failed", "{round}", "Pushes that were given back to be merged with newer levels");
        _pushes = meter.CreateCounter<long>("stockauthority.connectors.pushes", "{call}", "Calls to the channel, by whether they failed");
        _retries = meter.CreateCounter<long>("stockauthority.connectors.retries", "{call}", "Repeated calls to the channel");
        _drift = meter.CreateCounter<long>("stockauthority.connectors.levels.compared", "{level}", "Levels that were read back, by whether the channel showed them");
        meter.CreateObservableGauge("stockauthority.connectors.undelivered.age", () => new Measurement<double>(health.OldestAge(clock.GetUtcNow()), _channel), "s", "How long ago the oldest change that is not visible yet was recorded; 0 where all are");
        meter.CreateObservableGauge("stockauthority.connectors.breaker.open", () => new Measurement<int>(health.BreakerOpen ? 1 : 0, _channel), "{breaker}", "1 while calls are held back because too many failed");
        meter.CreateObservableGauge("stockauthority.connectors.working", () => new Measurement<int>(link.HoldsFor(TimeSpan.Zero) ? 1 : 0, _channel), "{instance}", "1 while this instance works for the channel, 0 while it stands by");
        meter.CreateObservableGauge("stockauthority.connectors.paused", () => new Measurement<int>(link.IsPaused ? 1 : 0, _channel), "{channel}", "1 while deliveries are paused");
        meter.CreateObservableGauge("stockauthority.connectors.levels.pending", () => new Measurement<int>(Volatile.Read(ref _pendingLevels), _channel), "{level}", "Levels that wait for the channel");
        meter.CreateObservableGauge("stockauthority.connectors.feed.lag", () => new Measurement<long>(Lag(), _channel), "{movement}", "Movements in the journal that are not acknowledged yet");

        // A series that begins with its first event shows no increase.
        _refused.Add(0, _channel);
        Add(_drift, 0, true);
    }

    public void Confirmed(TimeSpan delay)
    {
        _confirmed.Add(1, _channel);
        Visible(delay);
    }

    public void Visible(TimeSpan delay) => _delay.Record(delay.TotalSeconds, _channel);

    public void Refused(string code) => _refused.Add(1, _channel, new("code", code));

    public void Differing() => _differing.Add(1, _channel);

    public void Failed(string reason) => _failed.Add(1, _channel, new("reason", reason));

    public void Pending(int levels) => Volatile.Write(ref _pendingLevels, levels);

    public void Head(long sequence) => Volatile.Write(ref _headSequence, sequence);

    public void Acknowledged(long sequence) => Volatile.Write(ref _acknowledgedSequence, sequence);

    public void Pushed(bool failed) => _pushes.Add(1, _channel, new("failed", failed));

    public void Retried() => _retries.Add(1, _channel);

    public void Compared(bool differs) => Add(_drift, 1, differs);

    private void Add(Counter<long> counter, long count, bool differs) => counter.Add(count, _channel, new("differs", differs));

    private long Lag() => Math.Max(0, Volatile.Read(ref _headSequence) - Volatile.Read(ref _acknowledgedSequence));
}
