using System.Text.Json.Serialization;

namespace StockAuthority.Cli.Levels;

/// <summary>What came of an import, as <c>--json</c> prints it.</summary>
/// <param name="Status"><c>good</c>, <c>bad</c> (rows were refused) or <c>could_not_run</c> (it did not come to its end), as the exit code.</param>
/// <param name="OpenedBefore">Rows that an earlier run under the same import id had opened.</param>
/// <param name="WithoutUnits">Rows whose quantity is 0: nothing was sent.</param>
/// <param name="Unanswered">Rows of which it is not known whether they are in.</param>
internal sealed record ImportResult(
    string Status,
    string? Error,
    string ImportId,
    long Rows,
    long Opened,
    long OpenedBefore,
    long WithoutUnits,
    long Refused,
    long Unanswered,
    IReadOnlyDictionary<string, long>? Reasons,
    string? Report,
    double Seconds)
{
    [JsonIgnore]
    public int ExitCode => Error is not null ? Cli.ExitCode.CouldNotRun : Refused > 0 ? Cli.ExitCode.Bad : Cli.ExitCode.Good;

    /// <param name="import">What ran.</param>
    /// <param name="failure">Why it did not come to its end; null where it did.</param>
    public static ImportResult Of(LevelImport import, string? failure)
    {
        var refused = import.RefusedByReason?.Values.Sum() ?? 0;
        var hasBegun = import.RefusedByReason is not null;
        return new(
            failure is not null ? "could_not_run" : refused > 0 ? "bad" : "good",
            failure,
            import.Id,
            import.Rows,
            import.Opened,
            import.OpenedBefore,
            import.WithoutUnits,
            refused,
            import.Unanswered,
            import.RefusedByReason,
            hasBegun ? import.Report.FullName : null,
            Math.Round(import.Duration.TotalSeconds, 3));
    }
}
