using System.Globalization;
using System.Text;
using System.Text.Json;
using StockAuthority.Cli.Verification;

namespace StockAuthority.Cli.Verify;

/// <summary>What is printed, for people and for programs.</summary>
internal static class VerifyOutput
{
    public static string Text(VerificationReport report)
    {
        var text = new StringBuilder();
        if (!report.IsGood)
        {
            text.Append(CultureInfo.InvariantCulture, $"The first bad row: {report.Problems[0].First}\n");
            foreach (var (kind, count, first) in report.Problems)
            {
                text.Append(CultureInfo.InvariantCulture, $"{Name(kind)}: {count}, the first in {first}\n");
            }
        }

        return text.Append(
            CultureInfo.InvariantCulture,
            $"{(report.IsGood ? "good" : "bad")}: {report.Tenants} tenants, {report.Movements:#,0} movements, {report.Levels:#,0} levels, {report.Reservations:#,0} reservations{Detached(report)} in {report.Duration.TotalSeconds:0.0} s ({report.MovementsPerSecond:#,0} movements/s)")
            .ToString();
    }

    public static string Json(VerificationReport report) => JsonOutput.Of(
        new Result(report.IsGood ? "good" : "bad")
        {
            Tenants = report.Tenants,
            Movements = report.Movements,
            Levels = report.Levels,
            Reservations = report.Reservations,
            DetachedPartitions = report.DetachedPartitions,
            Seconds = Math.Round(report.Duration.TotalSeconds, 3),
            FirstProblem = report.IsGood ? null : report.Problems[0].First,
            Problems = report.Problems,
        });

    private static string Detached(VerificationReport report) =>
        report.DetachedPartitions is { } partitions ? string.Create(CultureInfo.InvariantCulture, $", {partitions} detached partitions") : "";

    private static string Name(ProblemKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()).Replace('_', ' ');

    /// <param name="Status"><c>good</c> or <c>bad</c>, as the exit code.</param>
    private sealed record Result(string Status)
    {
        public int? Tenants { get; init; }

        public long? Movements { get; init; }

        public long? Levels { get; init; }

        public long? Reservations { get; init; }

        public int? DetachedPartitions { get; init; }

        public double? Seconds { get; init; }

        public Problem? FirstProblem { get; init; }

        public IReadOnlyList<ProblemCount>? Problems { get; init; }
    }
}
