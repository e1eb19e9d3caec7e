namespace StockAuthority.Cli.Verification;

/// <summary>What was looked at and what is wrong with it.</summary>
/// <param name="Problems">In the order of their kinds; empty where everything is right.</param>
internal sealed record VerificationReport(
    int Tenants,
    long Movements,
    long Levels,
    long Reservations,
    TimeSpan Duration,
    IReadOnlyList<ProblemCount> Problems)
{
    public bool IsGood => Problems.Count == 0;

    public double MovementsPerSecond => Movements / Math.Max(Duration.TotalSeconds, 0.001);
}
