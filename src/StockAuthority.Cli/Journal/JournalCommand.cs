using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using StockAuthority.Cli.Verification;

namespace StockAuthority.Cli.Journal;

/// <summary><c>stockctl journal detach</c></summary>
internal static class JournalCommand
{
    public static Command Create() => new("journal", "What becomes of the journal's old part.") { CreateDetach() };

    private static Command CreateDetach()
    {
        var postgres = PostgresOption.Create("As the tables' owner.");
        var before = new Option<string>("--before") { Description = "The first month that stays, as 2026-01 (UTC).", Required = true };
        before.Validators.Add(CheckMonth);
        var ignoreConsumers = new Option<bool>("--ignore-consumers")
        {
            Description = "Also what consumers of the feed have not acknowledged: they will be told SEQUENCE_DETACHED, and have to take all levels anew.",
        };
        var json = new Option<bool>("--json") { Description = "Print the result as one JSON object and nothing else." };
        var command = new Command(
            "detach",
            "Verifies the journal's partitions before a month, records a checkpoint of each tenant, and detaches them; they stay as tables. Exit code 0: done; 1: refused, with the reason; 2: it could not be tried.")
        {
            postgres, before, ignoreConsumers, json,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(postgres)!, Month(parsed.GetValue(before)!)!.Value, parsed.GetValue(ignoreConsumers), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static void CheckMonth(OptionResult result)
    {
        if (Month(result.GetValueOrDefault<string>() ?? "") is null)
        {
            result.AddError("--before must be a month, as 2026-01.");
        }
    }

    private static DateTimeOffset? Month(string text) =>
        DateTimeOffset.TryParseExact(text, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var month) ? month : null;

    private static async Task<int> RunAsync(string postgres, DateTimeOffset before, bool ignoreConsumers, bool json, CancellationToken cancellationToken)
    {
        try
        {
            PostgresOption.Check(postgres);
            var detached = await JournalDetachment.RunAsync(postgres, before, ignoreConsumers, TimeProvider.System, cancellationToken);
            Console.WriteLine(json ? JournalOutput.Json(detached) : JournalOutput.Text(detached));
            return ExitCode.Good;
        }
        catch (DetachRefusedException refused)
        {
            return await EndAsync(json, new DetachResult("refused") { Reason = refused.Reason, Error = refused.Message }, $"{refused.Reason}: {refused.Message}", ExitCode.Bad);
        }
        catch (Exception error)
        {
            var sentence = error is VerificationException ? error.Message : PostgresOption.Sentence(error, postgres, "Detaching");
            return await EndAsync(json, new DetachResult("could_not_run") { Error = sentence }, sentence, ExitCode.CouldNotRun);
        }
    }

    private static async Task<int> EndAsync(bool json, DetachResult result, string sentence, int exitCode)
    {
        if (json)
        {
            Console.WriteLine(JournalOutput.Json(result));
        }

        await Console.Error.WriteLineAsync(sentence);
        return exitCode;
    }
}
