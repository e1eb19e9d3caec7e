using System.Text.Json.Serialization;

namespace StockAuthority.Cli.Settlements;

/// <summary>What came of an import, as <c>--json</c> prints it.</summary>
/// <param name="Status"><c>good</c>, <c>bad</c> (lines were refused) or <c>could_not_run</c> (it did not come to its end), as the exit code.</param>
/// <param name="Recorded">By resolution and reason.</param>
/// <param name="RefusedReasons">By the reason's name.</param>
internal sealed record SettlementResult(
    string Status,
    string? Error,
    string? Report,
    long Rows,
    IReadOnlyDictionary<string, long> Recorded,
    long Refused,
    IReadOnlyDictionary<string, long> RefusedReasons,
    string? RefusedFile)
{
    [JsonIgnore]
    public int ExitCode => Error is not null ? Cli.ExitCode.CouldNotRun : Refused > 0 ? Cli.ExitCode.Bad : Cli.ExitCode.Good;

    /// <param name="import">What ran; null where it could not be begun.</param>
    /// <param name="failure">Why it did not come to its end; null where it did.</param>
    public static SettlementResult Of(SettlementImport? import, string? failure)
    {
        var reasons = import?.RefusedByReason ?? new Dictionary<string, long>();
        var refused = reasons.Values.Sum();
        return new(
            failure is not null ? "could_not_run" : refused > 0 ? "bad" : "good",
            failure,
            import?.Report,
            import?.Rows ?? 0,
            import?.Recorded ?? new Dictionary<string, long>(),
            refused,
            reasons,
            import?.RefusedByReason is null ? null : import.Refused.FullName);
    }
}
