using System.Diagnostics.Metrics;
using StockAuthority.Connectors.Runtime.Channels;

namespace StockAuthority.Connectors.Runtime.Journal;

internal sealed class JournalMetrics
{
    private readonly KeyValuePair<string, object?> _channel;
    private readonly Counter<long> _posted;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _differing;
    private readonly Counter<long> _failed;

    public JournalMetrics(IMeterFactory meters, IJournalChannel channel, ChannelLink link)
    {
        _channel = new("channel", channel.Name);
        var meter = meters.Create(ConnectorMetrics.MeterName);
        _posted = meter.CreateCounter<long>("stockauthority.connectors.entries.posted", "{entry}", "Entries that the channel booked");
        _refused = meter.CreateCounter<long>("stockauthority.connectors.entries.refused", "{entry}", "Entries that the channel refused for good");
        _differing = meter.CreateCounter<long>("stockauthority.connectors.entries.differing", "{entry}", "Entries that the channel has under another document than is recorded");
        _failed = meter.CreateCounter<long>("stockauthority.connectors.posts.failed", "{post}", "Attempts of which it is not known what was booked");
        meter.CreateObservableGauge("stockauthority.connectors.working", () => new Measurement<int>(link.HoldsFor(TimeSpan.Zero) ? 1 : 0, _channel), "{instance}", "1 while this instance works for the channel, 0 while it stands by");
        meter.CreateObservableGauge("stockauthority.connectors.paused", () => new Measurement<int>(link.ChannelOrNull is { Paused: true } ? 1 : 0, _channel), "{channel}", "1 while bookings are paused");
    }

    public void Posted(IReadOnlyList<JournalEntry> entries) => _posted.Add(entries.Count, _channel);

    public void Refused(string code) => _refused.Add(1, _channel, new("code", code));

    public void Differing() => _differing.Add(1, _channel);

    public void Failed(string reason) => _failed.Add(1, _channel, new("reason", reason.Split(':')[0]));
}
