namespace StockAuthority.Connectors.Runtime;

/// <summary>Times to come by a clock's timestamps, which no change of the time of day moves.</summary>
internal static class Timestamps
{
    /// <summary>The timestamp that the clock will have after this time.</summary>
    public static long TimestampAfter(this TimeProvider clock, TimeSpan time) => clock.GetTimestamp() + (long)(time.TotalSeconds * clock.TimestampFrequency);
}
