using System.Globalization;

namespace StockAuthority.Connectors.Pos.Square;

/// <summary>
/// When a count was true. Square applies changes by this time and not by arrival, and takes none that is older than
/// 24 hours or in the future (InventoryPhysicalCount.occurred_at). So it is the movement's record time: a till's later sale stays subtracted,
/// and a late copy of an older level changes nothing.
/// </summary>
internal static class OccurredAt
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(22);

    /// <summary>
    /// A time outside the window moves to its edge. The old edge moves by the hour, so that a repeated push is mostly the same to the byte. Neither
    /// edge ever goes back, so a level never gets an earlier time than an older version of it got.
    /// </summary>
    public static DateTimeOffset For(DateTimeOffset recordTime, DateTimeOffset now)
    {
        var hour = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);
        var oldest = hour - Window;
        return recordTime < oldest ? oldest : recordTime > now ? now : recordTime;
    }

    /// <summary>RFC 3339 in microseconds, as fine as the authority records. Cut off, not rounded: rounding up could reach the future.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
