using System.CommandLine;
using System.CommandLine.Parsing;
using CsvHelper;
using StockAuthority.Cli.Imports;
using StockAuthority.Client;

namespace StockAuthority.Cli.Levels;

/// <summary><c>stockctl levels import</c></summary>
internal static class LevelsCommand
{
    /// <summary>Long enough for a server that is started again, or a database that fails over.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static Command Create() => new("levels", "Stock levels.") { CreateImport() };

    private static Command CreateImport()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "A CSV file with a header row and the columns sku, location and quantity." };
        var importId = new Option<string?>("--import-id")
        {
            Description = "Names this import; the movements' document. The rows' idempotency keys are derived from it, so a broken import goes on under the same one. By default the file's name.",
        };
        importId.Validators.Add(CheckImportId);
        var report = new Option<FileInfo?>("--report") { Description = "Where to write the rows that were refused, as CSV. By default FILE with .refused.csv." };
        var server = new ServerOptions();
        var json = Verb.JsonOption();
        var command = new Command(
            "import",
            "Opens the levels of a file with their first units. Safe to run again. Exit code 0: all rows are in; 1: some were refused; 2: it is not finished, run it again.")
        {
            file, importId, report, json,
        };
        server.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            var input = parsed.GetValue(file)!;
            return RunAsync(
                new LevelImport(
                    input,
                    parsed.GetValue(report) ?? new FileInfo(Path.ChangeExtension(input.FullName, ".refused.csv")),
                    parsed.GetValue(importId) ?? Path.GetFileNameWithoutExtension(input.Name)),
                () => server.Read(parsed, Patience),
                parsed.GetValue(json),
                cancellationToken);
        });
        return command;
    }

    private static void CheckImportId(OptionResult result)
    {
        if (result.GetValueOrDefault<string>() is { Length: 0 or > LevelImport.LongestId })
        {
            result.AddError($"--import-id must have 1 to {LevelImport.LongestId} characters.");
        }
    }

    private static async Task<int> RunAsync(LevelImport import, Func<StockAuthorityClientOptions> connection, bool json, CancellationToken cancellationToken)
    {
        string? failure = null;
        try
        {
            var options = connection();
            using var channel = StockAuthorityChannel.Create(options);
            var client = new StockAuthorityClient(channel, options);
            await ImportProgress.ShowAsync(onProgress => import.RunAsync(client, onProgress, TimeProvider.System, cancellationToken));
        }
        catch (Exception error)
        {
            failure = Sentence(error, import);
        }

        var result = ImportResult.Of(import, failure);
        Console.WriteLine(json ? ImportOutput.Json(result) : ImportOutput.Text(result));
        if (result.Error is { } sentence)
        {
            await Console.Error.WriteLineAsync(sentence);
        }

        return result.ExitCode;
    }

    private static string Sentence(Exception error, LevelImport import) => error switch
    {
        ImportException or ServerOptionException => error.Message,
        OperationCanceledException => $"The import was interrupted. {import.HowToGoOn}",
        CsvFormatException { LineNumber: > 0 } format => $"{import.File.Name} cannot be read from line {format.LineNumber} on: {format.Message.TrimEnd('.')}.",
        IOException or UnauthorizedAccessException => error.Message.TrimEnd('.') + ".",
        _ => $"The import failed: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}.",
    };
}
