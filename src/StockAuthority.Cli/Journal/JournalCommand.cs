using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

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
        var json = Verb.JsonOption();
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
            return await Verb.RunAsync(
                json,
                async () =>
                {
                    PostgresOption.Check(postgres);
                    var detached = await JournalDetachment.RunAsync(postgres, before, ignoreConsumers, TimeProvider.System, cancellationToken);
                    return (ExitCode.Good, JournalOutput.Text(detached), JournalOutput.Json(detached));
                },
                error => error is DetachRefusedException ? null : PostgresOption.Sentence(error, postgres, "Detaching"));
        }
        catch (DetachRefusedException refused)
        {
            return await Verb.FailAsync(
                json, new DetachResult("refused") { Reason = refused.Reason, Error = refused.Message }, $"{refused.Reason}: {refused.Message}", ExitCode.Bad);
        }
    }
}
