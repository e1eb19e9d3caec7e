using System.Diagnostics.Metrics;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>Sums what an instrument of the connectors' meter measured, over all connectors of this process, or those of one channel.</summary>
internal sealed class CounterProbe : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private double _total;

    public CounterProbe(string instrument, string? channel = null)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (published.Meter.Name == ConnectorMetrics.MeterName && published.Name == instrument)
            {
                listener.EnableMeasurementEvents(published);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Add(value, channel, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, _) => Add(value, channel, tags));
        _listener.Start();
    }

    public double Total
    {
        get
        {
            lock (_lock)
            {
                return _total;
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Add(double value, string? channel, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (channel is not null && !tags.Contains(new("channel", channel)))
        {
            return;
        }

        lock (_lock)
        {
            _total += value;
        }
    }
}
