namespace StockAuthority.Bench;

/// <summary>What to measure, and where to tell how it goes.</summary>
/// <param name="WithSlowSync">Whether also with a disk that takes a millisecond longer for each sync.</param>
/// <param name="OldReservations">How many are there when Reserve is measured once more, at the end; 0 for none.</param>
/// <param name="Backlog">How many webhooks are stored before the authority comes back to them, at least.</param>
/// <param name="Replays">How many of them are replayed.</param>
internal sealed record BenchSettings(
    TimeSpan Duration, int Callers, IReadOnlyList<string> Only, bool WithSlowSync, long OldReservations, long Backlog, long Replays, TextWriter Progress)
{
    public bool Wants(string figure) => Only.Count == 0 || Only.Any(part => figure.Contains(part, StringComparison.OrdinalIgnoreCase));

    public TimeSpan FirstWarmUp => TimeSpan.FromSeconds(Math.Clamp(Duration.TotalSeconds * 2, 10, 60));

    public TimeSpan WarmUp => TimeSpan.FromSeconds(Math.Clamp(Duration.TotalSeconds / 3, 2, 20));
}
