using System.Diagnostics.Metrics;
using StockAuthority.Connectors.Runtime.Channels;

namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>What is particular to channels that take jobs; the rest is in <see cref="ConnectorMetrics"/>.</summary>
internal sealed class BulkMetrics
{
    private readonly KeyValuePair<string, object?> _channel;
    private readonly Counter<long> _jobs;
    private int _underWay;

    public BulkMetrics(IMeterFactory meters, ChannelName channel)
    {
        _channel = new("channel", channel.Value);
        var meter = meters.Create(ConnectorMetrics.MeterName);
        _jobs = meter.CreateCounter<long>("stockauthority.connectors.bulk.jobs", "{job}", "Jobs of many levels that ended or were not begun, by what became of them; ENDED where the channel answered for each level");
        meter.CreateObservableGauge("stockauthority.connectors.bulk.levels", () => new Measurement<int>(Volatile.Read(ref _underWay), _channel), "{level}", "Levels in the job that is under way");
    }

    public void Ended(string result) => _jobs.Add(1, _channel, new("result", result));

    public void UnderWay(int levels) => Volatile.Write(ref _underWay, levels);
}
