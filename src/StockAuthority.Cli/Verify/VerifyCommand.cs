using System.CommandLine;
using System.CommandLine.Parsing;
using StockAuthority.Cli.Verification;

namespace StockAuthority.Cli.Verify;

/// <summary><c>stockctl verify</c></summary>
internal static class VerifyCommand
{
    private const int LongestRetentionDays = 3_650;

    public static Command Create()
    {
        var postgres = PostgresOption.Create("Reading is enough.");
        var tenant = new Option<string?>("--tenant") { Description = "The one tenant to verify; all by default." };
        var retention = new Option<int>("--retention-days")
        {
            Description = "How long the server keeps outcomes: older commands may have none.",
            DefaultValueFactory = _ => 35,
        };
        retention.Validators.Add(CheckRetention);
        var withDetached = new Option<bool>("--with-detached")
        {
            Description = "Verify detached partitions too that are in the database: still, or restored under their names.",
        };
        var json = Verb.JsonOption();
        var command = new Command(
            "verify",
            "Recomputes the ledger from its journal and compares. Exit code 0: all is right; 1: something is not; 2: it could not be verified.")
        {
            postgres, tenant, retention, withDetached, json,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(postgres)!,
            new VerificationOptions
            {
                TenantId = parsed.GetValue(tenant),
                OutcomeRetention = TimeSpan.FromDays(parsed.GetValue(retention)),
                WithDetached = parsed.GetValue(withDetached),
            },
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static void CheckRetention(OptionResult result)
    {
        if (result.GetValueOrDefault<int>() is < 1 or > LongestRetentionDays)
        {
            result.AddError($"--retention-days must be between 1 and {LongestRetentionDays}.");
        }
    }

    private static Task<int> RunAsync(string postgres, VerificationOptions options, bool json, CancellationToken cancellationToken) => Verb.RunAsync(
        json,
        async () =>
        {
            PostgresOption.Check(postgres);
            var report = await VerifyProgress.ShowAsync(
                onProgress => LedgerVerification.RunAsync(postgres, options, onProgress, TimeProvider.System, cancellationToken));
            return (report.IsGood ? ExitCode.Good : ExitCode.Bad, VerifyOutput.Text(report), VerifyOutput.Json(report));
        },
        error => PostgresOption.Sentence(error, postgres, "The verification"));
}
