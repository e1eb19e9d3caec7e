namespace StockAuthority.Cli.Verification;

/// <summary>What was looked at and what is wrong with it.</summary>
/// <param name="Tenants">How many tenants.</param>
/// <param name="Movements">How many movements, those of detached partitions included.</param>
/// <param name="Levels">How many levels.</param>
/// <param name="Reservations">How many reservations.</param>
/// <param name="DetachedPartitions">How many detached partitions; null where they were not asked for.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Problems">In the order of their kinds; empty where everything is right.</param>
internal sealed record VerificationReport(
    int Tenants,
    long Movements,
    long Levels,
    long Reservations,
    int? DetachedPartitions,
    TimeSpan Duration,
    IReadOnlyList<ProblemCount> Problems)
{
    public bool IsGood => Problems.Count == 0;

    public double MovementsPerSecond => Movements / Math.Max(Duration.TotalSeconds, 0.001);
}
