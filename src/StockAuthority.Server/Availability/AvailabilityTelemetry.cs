using System.Diagnostics.Metrics;

namespace StockAuthority.Server.Availability;

/// <summary>What the cache reports about itself.</summary>
internal static class AvailabilityTelemetry
{
    private static readonly Meter Meter = new("StockAuthority.Availability");

    public static readonly Counter<long> Hits = Meter.CreateCounter<long>(
        "stockauthority.availability.cache.hits", "{key}", "Keys answered from the cache.");

    public static readonly Counter<long> Misses = Meter.CreateCounter<long>(
        "stockauthority.availability.cache.misses", "{key}", "Keys that were asked of the cache and read from the database.");

    public static readonly Counter<long> ReadFailures = Meter.CreateCounter<long>(
        "stockauthority.availability.cache.read_failures", "{read}", "Reads that the cache failed, did not answer in time, or was spared.");

    public static readonly Counter<long> WriteFailures = Meter.CreateCounter<long>(
        "stockauthority.availability.cache.write_failures", "{write}", "Writes that the cache failed or did not answer in time.");

    public static readonly Counter<long> DroppedOffers = Meter.CreateCounter<long>(
        "stockauthority.availability.refresh.dropped", "{level}", "Levels not written after their commit because too many waited; the tail writes them.");

    public static readonly Counter<long> RefusedReads = Meter.CreateCounter<long>(
        "stockauthority.availability.misses.refused", "{read}", "Reads refused because too many keys waited for the database.");

    public static readonly Counter<long> TailedLevels = Meter.CreateCounter<long>(
        "stockauthority.availability.tail.levels", "{level}", "Levels that the tail wrote, most of them a second time.");
}
