using System.Diagnostics.Metrics;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>Sums what an instrument of the connectors' meter measured, over all connectors of this process.</summary>
internal sealed class CounterProbe : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private double _total;

    public CounterProbe(string instrument)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            if (published.Meter.Name == ConnectorMetrics.MeterName && published.Name == instrument)
            {
                listener.EnableMeasurementEvents(published);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Add(value));
        _listener.SetMeasurementEventCallback<double>((_, value, _, _) => Add(value));
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

    private void Add(double value)
    {
        lock (_lock)
        {
            _total += value;
        }
    }
}
