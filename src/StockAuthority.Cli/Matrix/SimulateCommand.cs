using System.CommandLine;
using System.Globalization;
using System.Text;
using StockAuthority.Cli.Matrix.Simulation;
using StockAuthority.Core.Payments;
using StockAuthority.MatrixFile;

namespace StockAuthority.Cli.Matrix;

/// <summary><c>stockctl matrix simulate</c></summary>
internal static class SimulateCommand
{
    private const int MostExamples = 1_000;

    public static Command Create()
    {
        var file = MatrixCommand.File("FILE", "The trigger matrix to try; it need not be signed.");
        var current = new Option<string>("--current")
        {
            Description = "The one that decided what is stored.",
            DefaultValueFactory = _ => "config/trigger-matrix.yaml",
        };
        var postgres = PostgresOption.Create("Reading is enough.");
        var tenant = new Option<string?>("--tenant") { Description = "Only this tenant's events; all by default." };
        var examples = new Option<int>("--examples") { Description = "How many differing events to show.", DefaultValueFactory = _ => 10 };
        examples.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > MostExamples)
            {
                result.AddError($"--examples must be between 0 and {MostExamples}.");
            }
        });
        var json = Verb.JsonOption();
        var command = new Command(
            "simulate",
            "Decides the stored payment events again under another matrix and says which resolutions would differ. Writes nothing. Exit code 0: none; 1: some; 2: it could not be tried, or no order could be compared.")
        {
            file, current, postgres, tenant, examples, json,
        };
        command.SetAction((parsed, cancellationToken) => Verb.RunAsync(
            parsed.GetValue(json),
            () => SimulateAsync(
                parsed.GetValue(postgres)!, parsed.GetValue(file)!, parsed.GetValue(current)!, parsed.GetValue(tenant), parsed.GetValue(examples), cancellationToken),
            error => error is MatrixFileException ? error.Message : PostgresOption.Sentence(error, parsed.GetValue(postgres)!, "The simulation")));
        return command;
    }

    private static async Task<(int ExitCode, string Text, string Json)> SimulateAsync(
        string postgres, string file, string current, string? tenantId, int examples, CancellationToken cancellationToken)
    {
        var candidate = MatrixCommand.Good(file).Matrices!;
        var present = MatrixCommand.Good(current).Matrices!;
        PostgresOption.Check(postgres);
        var report = await SimulateProgress.ShowAsync(
            onProgress => MatrixSimulation.RunAsync(postgres, present, candidate, tenantId, examples, onProgress, TimeProvider.System, cancellationToken));

        // Where nothing could be compared, nothing is known: whoever only looks at the exit code must not take that for good news.
        var (status, exitCode) = report is { Compared: 0, Orders: > 0 } ? ("nothing_compared", ExitCode.CouldNotRun)
            : report.IsSame ? ("same", ExitCode.Good)
            : ("different", ExitCode.Bad);
        return (exitCode, Text(report, status, present), JsonOutput.Of(Result(report, status, present, candidate)));
    }

    private static Result Result(SimulationReport report, string status, TriggerMatrices present, TriggerMatrices candidate) => new(
        status,
        present.Sha256,
        candidate.Sha256,
        report.Events,
        report.Orders,
        report.Compared,
        report.DifferingOrders,
        new LeftOut(report.DecidedUnderOtherVersion, report.OtherVersion, report.NotReproduced, report.TooLarge),
        report.Differences,
        report.Examples,
        Math.Round(report.Duration.TotalSeconds, 3));

    private static string Text(SimulationReport report, string status, TriggerMatrices present)
    {
        var text = new StringBuilder();
        foreach (var (from, to, count) in report.Differences)
        {
            text.Append(CultureInfo.InvariantCulture, $"{count,10:#,0}  {from} -> {to}\n");
        }

        foreach (var each in report.Examples)
        {
            text.Append(CultureInfo.InvariantCulture, $"  tenant {each.TenantId}, order {each.OrderRef ?? "unknown"}, {each.EventType} {each.ProviderEventId} of {each.ReceivedAt:yyyy-MM-dd'T'HH:mm:ss'Z'}: {each.From} -> {each.To}\n");
        }

        if (report.DecidedUnderOtherVersion > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"left out: {report.DecidedUnderOtherVersion:#,0} orders decided under other versions than {present.Sha256}, one of them {report.OtherVersion}; --current names their file\n");
        }

        if (report.NotReproduced > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"left out: {report.NotReproduced:#,0} orders whose recorded resolutions do not come out again, because of what other orders or people did\n");
        }

        if (report.TooLarge > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"left out: {report.TooLarge:#,0} orders with more than {StoredHistory.MaximumEvents} events or {StoredHistory.MaximumReservations} reservations\n");
        }

        return text.Append(
            CultureInfo.InvariantCulture,
            $"{status}: {report.DifferingOrders:#,0} of {report.Compared:#,0} compared orders differ; {report.Events:#,0} events of {report.Orders:#,0} orders in {report.Duration.TotalSeconds:0.0} s").ToString();
    }
}

/// <param name="Status"><c>same</c>, <c>different</c> or <c>nothing_compared</c>, as the exit code.</param>
/// <param name="Orders">Those with payment events, each payment without a known order counted as one.</param>
internal sealed record Result(
    string Status,
    string CurrentSha256,
    string Sha256,
    long Events,
    long Orders,
    long ComparedOrders,
    long DifferingOrders,
    LeftOut LeftOut,
    IReadOnlyList<DifferenceCount> Differences,
    IReadOnlyList<DifferingEvent> Examples,
    double Seconds);

/// <summary>Orders that say nothing about the change.</summary>
internal sealed record LeftOut(long OtherVersion, string? OneOtherVersion, long NotReproduced, long TooLarge);
