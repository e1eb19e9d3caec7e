namespace StockAuthority.Bench;

/// <summary>What to measure, and where to tell how it goes.</summary>
internal sealed record BenchSettings(TimeSpan Duration, int Callers, IReadOnlyList<string> Only, TextWriter Progress)
{
    public bool Wants(string figure) => Only.Count == 0 || Only.Any(part => figure.Contains(part, StringComparison.OrdinalIgnoreCase));

    public TimeSpan FirstWarmUp => TimeSpan.FromSeconds(Math.Max(10, Duration.TotalSeconds * 2));

    public TimeSpan WarmUp => TimeSpan.FromSeconds(Math.Max(2, Duration.TotalSeconds / 3));
}
