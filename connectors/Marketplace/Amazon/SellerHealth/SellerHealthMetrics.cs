using System.Diagnostics.Metrics;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Amazon.SellerHealth;

/// <summary>The last seller performance that was read; nothing before the first.</summary>
internal sealed class SellerHealthMetrics
{
    private readonly TimeProvider _clock;
    private long _readAt;
    private SellerPerformance? _last;

    public SellerHealthMetrics(IMeterFactory meters, AmazonOptions amazon, TimeProvider clock)
    {
        (_clock, _readAt) = (clock, clock.GetTimestamp());
        var meter = meters.Create(ConnectorMetrics.MeterName);
        KeyValuePair<string, object?> marketplace = new("marketplace", amazon.MarketplaceId);
        Gauge("cancellation", "Orders that the seller cancelled before fulfilment, over 7 days; Amazon's limit is 0.025", last => last.CancellationRate);
        Gauge("late.shipment", "Orders that were shipped late, over 30 days; Amazon's limit is 0.04", last => last.LateShipmentRate);
        Gauge("order.defect", "Orders with a claim, chargeback or bad rating, over 60 days; Amazon's limit is 0.01", last => last.OrderDefectRate);
        meter.CreateObservableGauge(
            "stockauthority.amazon.seller.age", () => new Measurement<double>(_clock.GetElapsedTime(Volatile.Read(ref _readAt)).TotalSeconds, marketplace), "s", "Since the seller's performance was last read, or since the start");

        void Gauge(string name, string description, Func<SellerPerformance, double?> rate) => meter.CreateObservableGauge(
            $"stockauthority.amazon.{name}.rate",
            IEnumerable<Measurement<double>> () => Last is { } last && rate(last) is { } value ? [new Measurement<double>(value, marketplace)] : [],
            "{fraction}",
            description);
    }

    public SellerPerformance? Last => Volatile.Read(ref _last);

    public void Read(SellerPerformance performance)
    {
        Volatile.Write(ref _last, performance);
        Volatile.Write(ref _readAt, _clock.GetTimestamp());
    }
}
