using System.Diagnostics.Metrics;
using StockAuthority.Connectors.Runtime.Channels;

namespace StockAuthority.Connectors.Runtime.Forwarding;

/// <summary>What is particular to channels that take the feed; the rest is in <see cref="ConnectorMetrics"/>.</summary>
internal sealed class ForwardingMetrics
{
    private readonly KeyValuePair<string, object?> _channel;
    private readonly Counter<long> _forwarded;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _failed;
    private string? _held;

    public ForwardingMetrics(IMeterFactory meters, ChannelName channel, ChannelHealthMeter health)
    {
        _channel = new("channel", channel.Value);
        var meter = meters.Create(ConnectorMetrics.MeterName);
        _forwarded = meter.CreateCounter<long>("stockauthority.connectors.movements.forwarded", "{movement}", "Movements that the channel confirmed, repeated ones included");
        _refused = meter.CreateCounter<long>("stockauthority.connectors.movements.refused", "{movement}", "Movements that the channel can never take, each a case");
        _failed = meter.CreateCounter<long>("stockauthority.connectors.forwards.failed", "{call}", "Calls after which something is left to repeat, by reason");
        meter.CreateObservableGauge("stockauthority.connectors.movements.unconfirmed", () => new Measurement<int>(health.QueueDepth, _channel), "{movement}", "Movements that were read and are not confirmed yet");
        meter.CreateObservableGauge("stockauthority.connectors.held", Held, "{feed}", "1 while the feed waits for people, by reason");

        // A series that begins with its first event shows no increase.
        _refused.Add(0, _channel);
    }

    public void Forwarded(int movements) => _forwarded.Add(movements, _channel);

    public void Refused(string code) => _refused.Add(1, _channel, new("code", code));

    public void Failed(string reason) => _failed.Add(1, _channel, new("reason", reason));

    public void Hold(string? reason) => Volatile.Write(ref _held, reason);

    private Measurement<int> Held() => Volatile.Read(ref _held) is { } reason ? new(1, _channel, new("reason", reason)) : new(0, _channel);
}
