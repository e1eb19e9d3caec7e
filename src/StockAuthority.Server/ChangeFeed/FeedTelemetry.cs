using System.Diagnostics.Metrics;

namespace StockAuthority.Server.ChangeFeed;

/// <summary>What the feed reports about itself.</summary>
internal static class FeedTelemetry
{
    private static readonly Meter Meter = new("StockAuthority.ChangeFeed");

    public static readonly UpDownCounter<long> Watchers = Meter.CreateUpDownCounter<long>(
        "stockauthority.feed.watchers", "{stream}", "Open WatchChanges streams.");

    public static readonly Counter<long> RefusedWatchers = Meter.CreateCounter<long>(
        "stockauthority.feed.watchers.refused", "{stream}", "Streams refused because too many were open.");

    public static readonly Counter<long> Reads = Meter.CreateCounter<long>(
        "stockauthority.feed.reads", "{read}", "Pages read from the journal; watchers at one position share them.");

    public static readonly Counter<long> LostWakeups = Meter.CreateCounter<long>(
        "stockauthority.feed.wakeups.lost", "{wakeup}", "Wake-ups that could not be sent to the other replicas; their polling finds the change.");
}
