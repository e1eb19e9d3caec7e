namespace StockAuthority.Server.Infrastructure;

/// <summary>Times as PostgreSQL keeps them, in whole microseconds: what is decided, compared and hashed must be what is stored.</summary>
internal static class DatabasePrecision
{
    public static DateTimeOffset ToDatabasePrecision(this DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));

    public static TimeSpan ToDatabasePrecision(this TimeSpan span) => span - TimeSpan.FromTicks(span.Ticks % TimeSpan.TicksPerMicrosecond);
}
