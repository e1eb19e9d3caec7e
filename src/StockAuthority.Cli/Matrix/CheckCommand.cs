using System.CommandLine;
using System.Globalization;
using System.Text;
using StockAuthority.MatrixFile;

namespace StockAuthority.Cli.Matrix;

/// <summary><c>stockctl matrix check</c></summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var file = MatrixCommand.File("FILE", "The trigger matrix, for example config/trigger-matrix.yaml.");
        var unsigned = new Option<bool>("--unsigned") { Description = "Signatures do not count: for a draft that nobody has signed yet." };
        var json = Verb.JsonOption();
        var command = new Command(
            "check",
            "Says everything for which a server would refuse the file. Exit code 0: nothing; 1: something is wrong with it, or it is not signed; 2: it cannot be read.")
        {
            file, unsigned, json,
        };
        command.SetAction(parsed => MatrixCommand.RunAsync(
            parsed.GetValue(json),
            () => Check(parsed.GetValue(file)!, parsed.GetValue(unsigned))));
        return command;
    }

    private static (int ExitCode, string Text, string Json) Check(string path, bool unsigned)
    {
        var file = TriggerMatrixText.Read(path);
        var result = new Result(
            file.Problems.IsEmpty && (unsigned || file.SignatureProblems.IsEmpty) ? "good" : "bad",
            file.Matrices?.Sha256,
            [.. file.Problems],
            unsigned ? null : [.. file.SignatureProblems],
            [.. file.SignOff.OrderBy(each => each.Key).Select(each => new SignedBy(each.Key, each.Value.By, each.Value.At, each.Value.Sha256 == file.Matrices?.Sha256))]);
        return (result.Status == "good" ? ExitCode.Good : ExitCode.Bad, Text(path, file, result), JsonOutput.Of(result));
    }

    private static string Text(string path, TriggerMatrixText file, Result result)
    {
        var text = new StringBuilder();
        foreach (var problem in result.Problems.Concat(result.SignatureProblems ?? []))
        {
            text.Append(problem).Append('\n');
        }

        text.Append(CultureInfo.InvariantCulture, $"{result.Status}: {path}");
        if (file.Matrices is { } matrices)
        {
            text.Append(CultureInfo.InvariantCulture, $", {matrices.Overrides.Length} overrides, {matrices.Classes.Length} SKU classes, SHA-256 {matrices.Sha256}");
        }

        foreach (var (role, by, at, isCurrent) in result.SignOff.Where(each => each.IsCurrent))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  signed for {TriggerMatrixText.Name(role)} by {by} at {at:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        }

        return text.ToString();
    }

    /// <param name="Status"><c>good</c> or <c>bad</c>, as the exit code.</param>
    /// <param name="SignatureProblems">Null where they do not count.</param>
    private sealed record Result(
        string Status, string? Sha256, IReadOnlyList<string> Problems, IReadOnlyList<string>? SignatureProblems, IReadOnlyList<SignedBy> SignOff);

    /// <param name="IsCurrent">Whether it is of the file as it is.</param>
    private sealed record SignedBy(SignatoryRole Role, string By, DateTimeOffset At, bool IsCurrent);
}
