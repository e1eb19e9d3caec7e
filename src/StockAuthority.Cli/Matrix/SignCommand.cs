using System.CommandLine;
using System.Globalization;
using StockAuthority.MatrixFile;

namespace StockAuthority.Cli.Matrix;

/// <summary><c>stockctl matrix sign</c></summary>
internal static class SignCommand
{
    public static Command Create()
    {
        var file = MatrixCommand.File("FILE", "The trigger matrix.");
        var role = new Option<SignatoryRole>("--role") { Description = "For whom: engineering or finance.", Required = true };
        var by = new Option<string>("--by") { Description = "The name of the person who approves.", Required = true };
        var sha256 = new Option<string?>("--sha256") { Description = "The hash of what was looked at; nothing is signed where the file has another." };
        by.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is not { Length: > 0 and <= 200 } name || string.IsNullOrWhiteSpace(name) || name.Any(char.IsControl))
            {
                result.AddError("--by must be a name of at most 200 characters.");
            }
        });
        var json = Verb.JsonOption();
        var command = new Command(
            "sign",
            "Records in the file that one role approves of it as it is. Exit code 0: signed; 1: it is not good, has another hash, or the same person signed for the other role; 2: it cannot be read or written.")
        {
            file, role, by, sha256, json,
        };
        command.SetAction(parsed => MatrixCommand.RunAsync(
            parsed.GetValue(json),
            () => Sign(parsed.GetValue(file)!, parsed.GetValue(role), parsed.GetValue(by)!.Trim(), parsed.GetValue(sha256), TimeProvider.System)));
        return command;
    }

    private static (int ExitCode, string Text, string Json) Sign(string path, SignatoryRole role, string by, string? sha256, TimeProvider time)
    {
        var file = TriggerMatrixText.Read(path);
        if (file.Matrices is not { } matrices)
        {
            return Refused([.. file.Problems]);
        }

        if (sha256 is not null && sha256 != matrices.Sha256)
        {
            return Refused([$"The file has the SHA-256 {matrices.Sha256}, not the {sha256} that was looked at."]);
        }

        if (file.SignOff.FirstOrDefault(each => each.Key != role && each.Value.Sha256 == matrices.Sha256 && string.Equals(each.Value.By.Trim(), by, StringComparison.OrdinalIgnoreCase)).Value is not null)
        {
            return Refused([$"'{by}' has signed for the other role: each needs a person of its own."]);
        }

        var now = time.GetUtcNow();
        Write(path, file.Signed(role, by, now).Text);
        return (
            ExitCode.Good,
            string.Create(CultureInfo.InvariantCulture, $"signed: {path}, SHA-256 {matrices.Sha256}, for {TriggerMatrixText.Name(role)} by {by} at {now:yyyy-MM-dd'T'HH:mm:ss'Z'}"),
            JsonOutput.Of(new Result("signed", matrices.Sha256, null)));

        (int ExitCode, string Text, string Json) Refused(IReadOnlyList<string> problems) => (
            ExitCode.Bad,
            $"{string.Join('\n', problems)}\nnot signed: {path}",
            JsonOutput.Of(new Result("not_signed", file.Matrices?.Sha256, problems)));
    }

    /// <summary>All of it or nothing: a server may be starting with it.</summary>
    private static void Write(string path, string text)
    {
        var beside = path + ".new";
        try
        {
            File.WriteAllText(beside, text);
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            File.Delete(beside);
            throw new MatrixFileException($"The trigger matrix {path} cannot be written: {error.Message}");
        }
    }

    private sealed record Result(string Status, string? Sha256, IReadOnlyList<string>? Problems);
}
