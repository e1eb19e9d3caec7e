using System.CommandLine;
using System.Globalization;
using System.Text;
using CsvHelper;
using StockAuthority.Cli.Imports;
using StockAuthority.Client;
using StockAuthority.Payments.V1;

namespace StockAuthority.Cli.Settlements;

/// <summary><c>stockctl settlement import</c></summary>
internal static class SettlementCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static Command Create() => new("settlement", "Settlements: the money of payments that arrived.") { CreateImport() };

    private static Command CreateImport()
    {
        var file = new Argument<FileInfo>("FILE")
        {
            Description = "A CSV file with a header row and the columns payment_object_id, currency (ISO 4217), amount (in its minor unit) and settle_time; reference (the line's name in the report, by default its number) and order_ref may be there too.",
        };
        var provider = new Option<string>("--provider") { Description = "The payment provider, lower case, for example adyen.", Required = true };
        var account = new Option<string>("--account") { Description = "The provider account, as the webhooks' address names it.", Required = true };
        var report = new Option<string?>("--report") { Description = "The report's name; with a line's reference it names the settlement, so a broken import goes on under the same one. By default the file's name." };
        var refused = new Option<FileInfo?>("--refused") { Description = "Where to write the lines that were refused, as CSV. By default FILE with .refused.csv." };
        var server = new ServerOptions();
        var json = Verb.JsonOption();
        var command = new Command(
            "import",
            "Records each line of a settlement report as a settlement-confirmed event. Safe to run again. Exit code 0: all lines are recorded; 1: some were refused; 2: it is not finished, run it again.")
        {
            file, provider, account, report, refused, json,
        };
        server.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var input = parsed.GetValue(file)!;
            string? failure = null;
            SettlementImport? import = null;
            try
            {
                var options = server.Read(parsed, Patience);
                import = new SettlementImport(
                    input,
                    parsed.GetValue(refused) ?? new FileInfo(Path.ChangeExtension(input.FullName, ".refused.csv")),
                    new SettlementReport(parsed.GetValue(report) ?? Path.GetFileNameWithoutExtension(input.Name), parsed.GetValue(provider)!, parsed.GetValue(account)!),
                    options.Tenant!);
                using var channel = StockAuthorityChannel.Create(options);
                var client = new PaymentEventService.PaymentEventServiceClient(channel);
                await ImportProgress.ShowAsync(onProgress => import.RunAsync(client, onProgress, TimeProvider.System, cancellationToken));
            }
            catch (Exception error) when ((failure = Sentence(error, input)) is not null)
            {
                // It is told below, with what was recorded until then.
            }

            var result = SettlementResult.Of(import, failure);
            Console.WriteLine(parsed.GetValue(json) ? JsonOutput.Of(result) : Text(result));
            if (failure is not null)
            {
                await Console.Error.WriteLineAsync(failure);
            }

            return result.ExitCode;
        });
        return command;
    }

    private static string? Sentence(Exception error, FileInfo file) => error switch
    {
        ImportException => error.Message,
        CsvFormatException { LineNumber: > 0 } format => $"{file.Name} cannot be read from line {format.LineNumber} on: {format.Message.TrimEnd('.')}.",
        _ => ServerOptions.Sentence(error),
    };

    private static string Text(SettlementResult result)
    {
        var text = new StringBuilder();
        foreach (var (what, count) in result.Recorded.Concat(result.RefusedReasons))
        {
            text.Append(CultureInfo.InvariantCulture, $"{what}: {count:#,0} lines\n");
        }

        if (result.Refused > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"Refused lines, to correct and import: {result.RefusedFile}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"{result.Status.Replace('_', ' ')}: {result.Rows:#,0} lines: {result.Recorded.Values.Sum():#,0} recorded, {result.Refused:#,0} refused").ToString();
    }
}
