using System.CommandLine;
using System.CommandLine.Parsing;
using Npgsql;
using StockAuthority.Cli.Verification;

namespace StockAuthority.Cli.Verify;

/// <summary><c>stockctl verify</c></summary>
internal static class VerifyCommand
{
    /// <summary>A command line is seen by every user of a machine, and a connection string may hold a password.</summary>
    private const string PostgresVariable = "STOCKCTL_POSTGRES";

    private const int LongestRetentionDays = 3_650;

    public static Command Create()
    {
        var postgres = new Option<string>("--postgres")
        {
            Description = $"Npgsql connection string of the server's database; by default what {PostgresVariable} has. Reading is enough.",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable(PostgresVariable) ?? "",
        };
        var tenant = new Option<string?>("--tenant") { Description = "The one tenant to verify; all by default." };
        var retention = new Option<int>("--retention-days")
        {
            Description = "How long the server keeps outcomes: older commands may have none.",
            DefaultValueFactory = _ => 35,
        };
        retention.Validators.Add(CheckRetention);
        var json = new Option<bool>("--json") { Description = "Print the result as one JSON object and nothing else." };
        var command = new Command(
            "verify",
            "Recomputes the ledger from its journal and compares. Exit code 0: all is right; 1: something is not; 2: it could not be verified.")
        {
            postgres, tenant, retention, json,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(postgres)!,
            new VerificationOptions { TenantId = parsed.GetValue(tenant), OutcomeRetention = TimeSpan.FromDays(parsed.GetValue(retention)) },
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

    private static async Task<int> RunAsync(string postgres, VerificationOptions options, bool json, CancellationToken cancellationToken)
    {
        try
        {
            if (postgres.Length == 0)
            {
                throw new VerificationException($"--postgres is missing, and {PostgresVariable} is not set: the connection string of the server's database is needed.");
            }

            var report = await VerifyProgress.ShowAsync(
                onProgress => LedgerVerification.RunAsync(postgres, options, onProgress, TimeProvider.System, cancellationToken));
            Console.WriteLine(json ? VerifyOutput.Json(report) : VerifyOutput.Text(report));
            return report.IsGood ? ExitCode.Good : ExitCode.Bad;
        }
        catch (Exception error)
        {
            var sentence = Sentence(error, postgres);
            if (json)
            {
                Console.WriteLine(VerifyOutput.Json(sentence));
            }

            await Console.Error.WriteLineAsync(sentence);
            return ExitCode.CouldNotRun;
        }
    }

    private static string Sentence(Exception error, string postgres) => error switch
    {
        VerificationException => error.Message,
        OperationCanceledException => "The verification was interrupted.",
        PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn } missing =>
            $"This database holds no ledger of this version: {missing.MessageText}.",
        PostgresException refused => $"PostgreSQL refused: {refused.MessageText}.",
        NpgsqlException { InnerException: { } cause } => $"PostgreSQL at {Address(postgres)} cannot be reached: {cause.Message.TrimEnd('.')}.",
        NpgsqlException => $"PostgreSQL at {Address(postgres)} cannot be reached: {error.Message.TrimEnd('.')}.",
        ArgumentException or FormatException => $"The connection string cannot be read: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}.",
        _ => $"The verification failed: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}.",
    };

    private static string Address(string postgres)
    {
        var settings = new NpgsqlConnectionStringBuilder(postgres);
        return $"{settings.Host}:{settings.Port}";
    }
}
