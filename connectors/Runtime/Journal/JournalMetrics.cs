using System.Diagnostics.Metrics;
using StockAuthority.Connectors.Runtime.Channels;

namespace StockAuthority.Connectors.Runtime.Journal;

/// <summary>What a journal channel does, for dashboards, and for the health that is reported to the authority.</summary>
internal sealed class JournalMetrics
{
    private readonly KeyValuePair<string, object?> _channel;
    private readonly ChannelHealthMeter _health;
    private readonly TimeProvider _clock;
    private readonly Counter<long> _posted;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _differing;
    private readonly Counter<long> _failed;
    private readonly Histogram<double> _delay;

    public JournalMetrics(IMeterFactory meters, IJournalChannel channel, ChannelLink link, ChannelHealthMeter health, TimeProvider clock)
    {
        _channel = new("channel", channel.Name);
        (_health, _clock) = (health, clock);
        var meter = meters.Create(ConnectorMetrics.MeterName);
        _posted = meter.CreateCounter<long>("stockauthority.connectors.entries.posted", "{entry}", "Entries that the channel booked");
        _refused = meter.CreateCounter<long>("stockauthority.connectors.entries.refused", "{entry}", "Entries that the channel refused for good");
        _differing = meter.CreateCounter<long>("stockauthority.connectors.entries.differing", "{entry}", "Entries that the channel has under another document than is recorded");
        _failed = meter.CreateCounter<long>("stockauthority.connectors.posts.failed", "{post}", "Attempts of which it is not known what was booked");
        _delay = meter.CreateHistogram(
            "stockauthority.connectors.posted.delay",
            "s",
            "From the recording of an entry to its booking",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400] });
        meter.CreateObservableGauge("stockauthority.connectors.working", () => new Measurement<int>(link.HoldsFor(TimeSpan.Zero) ? 1 : 0, _channel), "{instance}", "1 while this instance works for the channel, 0 while it stands by");
        meter.CreateObservableGauge("stockauthority.connectors.paused", () => new Measurement<int>(link.IsPaused ? 1 : 0, _channel), "{channel}", "1 while bookings are paused");
        meter.CreateObservableGauge("stockauthority.connectors.entries.waiting", () => new Measurement<int>(health.QueueDepth, _channel), "{entry}", "Entries of the journals that are neither booked nor passed over yet");
        meter.CreateObservableGauge("stockauthority.connectors.unposted.age", () => new Measurement<double>(health.OldestAge(clock.GetUtcNow()), _channel), "s", "How long ago the oldest of these was recorded; 0 where none waits");

        // A series that begins with its first event shows no increase.
        _refused.Add(0, _channel);
        _differing.Add(0, _channel);
    }

    public void Posted(IReadOnlyList<JournalEntry> entries)
    {
        _posted.Add(entries.Count, _channel);
        _health.Count(static health => health.PushCount++);
        var now = _clock.GetUtcNow();
        foreach (var entry in entries)
        {
            var delay = now > entry.RecordedAt ? now - entry.RecordedAt : TimeSpan.Zero;
            _delay.Record(delay.TotalSeconds, _channel);
            _health.Visible(delay);
        }
    }

    public void Refused(string code)
    {
        _refused.Add(1, _channel, new("code", code));
        _health.Count(static health => health.RefusedCount++);
    }

    public void Differing() => _differing.Add(1, _channel);

    public void Failed(string reason)
    {
        _failed.Add(1, _channel, new("reason", reason.Split(':')[0]));
        _health.Count(static health =>
        {
            health.PushCount++;
            health.ErrorCount++;
            health.RetryCount++;
        });
    }
}
