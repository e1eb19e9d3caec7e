namespace StockAuthority.Bench;

/// <summary>What to measure, and where to tell how it goes.</summary>
internal sealed record BenchSettings(TimeSpan Duration, int Callers, TextWriter Progress)
{
    public TimeSpan FirstWarmUp => TimeSpan.FromSeconds(Math.Max(10, Duration.TotalSeconds * 2));

    public TimeSpan WarmUp => TimeSpan.FromSeconds(Math.Max(2, Duration.TotalSeconds / 3));
}
