using System.CommandLine;
using System.CommandLine.Parsing;
using CsvHelper;
using StockAuthority.Client;

namespace StockAuthority.Cli.Levels;

/// <summary><c>stockctl levels import</c></summary>
internal static class LevelsCommand
{
    private const string ServerVariable = "STOCKCTL_SERVER";
    private const string TenantVariable = "STOCKCTL_TENANT";

    /// <summary>By the environment or a file only: a command line is seen by every user of a machine.</summary>
    private const string TokenVariable = "STOCKCTL_TOKEN";

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
        var server = new Option<string>("--server")
        {
            Description = $"The server's gRPC address; by default what {ServerVariable} has.",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable(ServerVariable) ?? "",
        };
        var tenant = new Option<string>("--tenant")
        {
            Description = $"The tenant whose levels these are; by default what {TenantVariable} has.",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable(TenantVariable) ?? "",
        };
        var tokenFile = new Option<FileInfo?>("--token-file") { Description = $"A file with the bearer token; by default {TokenVariable} has the token." };
        var json = Verb.JsonOption();
        var command = new Command(
            "import",
            "Opens the levels of a file with their first units. Safe to run again. Exit code 0: all rows are in; 1: some were refused; 2: it is not finished, run it again.")
        {
            file, importId, report, server, tenant, tokenFile, json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var input = parsed.GetValue(file)!;
            return RunAsync(
                new LevelImport(
                    input,
                    parsed.GetValue(report) ?? new FileInfo(Path.ChangeExtension(input.FullName, ".refused.csv")),
                    parsed.GetValue(importId) ?? Path.GetFileNameWithoutExtension(input.Name)),
                parsed.GetValue(server)!,
                parsed.GetValue(tenant)!,
                parsed.GetValue(tokenFile),
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

    private static async Task<int> RunAsync(LevelImport import, string server, string tenant, FileInfo? tokenFile, bool json, CancellationToken cancellationToken)
    {
        string? failure = null;
        try
        {
            var options = Connection(server, tenant, tokenFile);
            using var channel = StockAuthorityChannel.Create(options);
            var client = new StockAuthorityClient(channel, options);
            await LevelProgress.ShowAsync(onProgress => import.RunAsync(client, onProgress, TimeProvider.System, cancellationToken));
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

    private static StockAuthorityClientOptions Connection(string server, string tenant, FileInfo? tokenFile)
    {
        if (!Uri.TryCreate(server, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            throw new ImportException($"--server (or {ServerVariable}) must have the server's gRPC address, for example https://stock.example.com.");
        }

        if (tenant.Length == 0)
        {
            throw new ImportException($"--tenant is missing, and {TenantVariable} is not set: whose levels are these?");
        }

        return new StockAuthorityClientOptions
        {
            Address = address,
            Tenant = tenant,
            Token = tokenFile is null ? Environment.GetEnvironmentVariable(TokenVariable) : null,
            TokenFile = tokenFile?.FullName,
            RetryBudget = Patience,
        };
    }

    private static string Sentence(Exception error, LevelImport import) => error switch
    {
        ImportException => error.Message,
        OperationCanceledException => $"The import was interrupted. {import.HowToGoOn}",
        CsvFormatException { LineNumber: > 0 } format => $"{import.File.Name} cannot be read from line {format.LineNumber} on: {format.Message.TrimEnd('.')}.",
        IOException or UnauthorizedAccessException => error.Message.TrimEnd('.') + ".",
        _ => $"The import failed: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}.",
    };
}
