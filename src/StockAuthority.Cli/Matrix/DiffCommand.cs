using System.CommandLine;
using System.Globalization;
using System.Text;
using StockAuthority.Core.Payments;

namespace StockAuthority.Cli.Matrix;

/// <summary><c>stockctl matrix diff</c></summary>
internal static class DiffCommand
{
    public static Command Create()
    {
        var from = MatrixCommand.File("FROM", "The trigger matrix as it is.");
        var to = MatrixCommand.File("TO", "As it is to be.");
        var json = Verb.JsonOption();
        var command = new Command(
            "diff",
            "Says what changes between two files, for which event, tenants and SKUs. Signatures do not count. Exit code 0: nothing; 1: something; 2: a file cannot be read, or is not good.")
        {
            from, to, json,
        };
        command.SetAction(parsed => MatrixCommand.RunAsync(
            parsed.GetValue(json),
            () => Diff(MatrixCommand.Good(parsed.GetValue(from)!).Matrices!, MatrixCommand.Good(parsed.GetValue(to)!).Matrices!)));
        return command;
    }

    /// <summary>What an event does under a row, after the event's name.</summary>
    public static string Words(string action) => action switch
    {
        nameof(InventoryAction.Reserve) => "reserves the order's units",
        nameof(InventoryAction.Commit) => "commits the order's units",
        nameof(InventoryAction.Release) => "releases what the payment held",
        nameof(InventoryAction.Review) => "goes to a person, and stock stays",
        _ => "is for the record only",
    };

    private static (int ExitCode, string Text, string Json) Diff(TriggerMatrices from, TriggerMatrices to)
    {
        var classes = MatrixDifference.Classes(from, to);
        var changes = MatrixDifference.Changes(from, to);
        var isSame = classes.Count + changes.Count == 0;
        var result = new Result(isSame ? "same" : "different", from.Sha256, to.Sha256, classes, changes);
        return (isSame ? ExitCode.Good : ExitCode.Bad, Text(result), JsonOutput.Of(result));
    }

    private static string Text(Result result)
    {
        var text = new StringBuilder();
        foreach (var (skus, from, to) in result.Classes)
        {
            text.Append(CultureInfo.InvariantCulture, $"SKU {skus}: in {Class(from)} now; after the change in {Class(to)}\n");
        }

        foreach (var change in result.Changes)
        {
            text.Append(change.Column switch
            {
                "inventory_action" => $"{change.Subject}: {Words(change.From)} now; after the change it {Words(change.To)}",
                "release_window" when change.Subject == TriggerMatrix.AnyMethod => $"an uncaptured authorization: held {change.From} now; after the change {change.To}",
                "release_window" => $"an uncaptured authorization by {change.Subject}: held {change.From} now; after the change {change.To}",
                _ => $"{change.Subject}: {change.Column} is {change.From} now; after the change {change.To}",
            }).Append('\n');
            foreach (var scope in change.For)
            {
                text.Append(CultureInfo.InvariantCulture, $"    for {Tenants(scope)}: {Skus(scope)}\n");
            }
        }

        return text.Append(
            CultureInfo.InvariantCulture,
            $"{result.Status}: {result.Changes.Count} changes and {result.Classes.Count} of classes, from {result.FromSha256} to {result.ToSha256}").ToString();
    }

    private static string Class(string? name) => name is null ? "no class" : $"class {name}";

    private static string Tenants(ChangeScope scope) => scope.Tenants is null ? "every tenant"
        : string.Join(", ", scope.Tenants.Select(tenant => tenant is null ? "every tenant that is not named" : $"tenant {tenant}"));

    private static string Skus(ChangeScope scope) => scope.Skus is null ? "all SKUs"
        : $"SKUs of {string.Join(", ", scope.Skus.Select(kind => kind ?? "no class"))}";

    private sealed record Result(string Status, string FromSha256, string ToSha256, IReadOnlyList<ClassChange> Classes, IReadOnlyList<MatrixChange> Changes);
}
