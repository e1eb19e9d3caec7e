using System.Collections.Immutable;
using System.Globalization;
using StockAuthority.Core.Payments;

namespace StockAuthority.Cli.Matrix;

/// <summary>One thing that is another under another matrix, and for whom.</summary>
/// <param name="Subject">The contract event, or the payment method of a release window.</param>
/// <param name="Column">Which cell of the event's row, or <c>release_window</c>.</param>
internal sealed record MatrixChange(string Subject, string Column, string From, string To, IReadOnlyList<ChangeScope> For);

/// <summary>Tenants for which the same SKUs are concerned.</summary>
/// <param name="Tenants">Null for every one; one that is null stands for all that neither file names.</param>
/// <param name="Skus">Names of classes, or patterns of SKUs that change their class; null for all, one that is null for SKUs of no class.</param>
internal sealed record ChangeScope(IReadOnlyList<string?>? Tenants, IReadOnlyList<string?>? Skus);

/// <summary>SKUs that are in another class.</summary>
internal sealed record ClassChange(string Skus, string? From, string? To);

/// <summary>
/// What is another between two files: every tenant that either names, and the others together, with every kind of SKU that
/// the classes of both tell apart.
/// </summary>
internal static class MatrixDifference
{
    /// <summary>No tenant's id.</summary>
    private const string NoTenant = "";

    private static readonly ImmutableArray<(string Name, Func<TriggerMatrixRow, string> Of)> Columns =
    [
        ("inventory_action", row => row.InventoryAction.ToString()),
        ("ledger_action", row => row.LedgerAction),
        ("finality", row => row.Finality),
        ("reversal", row => row.Reversal),
        ("exception_path", row => row.ExceptionPath),
        ("owner", row => row.Owner),
    ];

    public static IReadOnlyList<ClassChange> Classes(TriggerMatrices before, TriggerMatrices after) =>
        [.. Patterns(before, after).Select(pattern => new ClassChange(pattern, ClassOf(before, pattern), ClassOf(after, pattern))).Where(each => each.From != each.To)];

    public static IReadOnlyList<MatrixChange> Changes(TriggerMatrices before, TriggerMatrices after)
    {
        List<string?> tenants = [.. before.Overrides.Concat(after.Overrides).SelectMany(each => each.Tenants).Distinct().Order(StringComparer.Ordinal), null];
        var kinds = Kinds(before, after).ToList();
        return
        [
            .. from tenant in tenants
               from kind in kinds
               from change in Between(before.ForClass(tenant ?? NoTenant, kind.From), after.ForClass(tenant ?? NoTenant, kind.To))
               group (tenant, kind.Name) by change into changed
               orderby IsWindow(changed.Key.Column), changed.Key.Subject, IndexOf(changed.Key.Column)
               select new MatrixChange(changed.Key.Subject, changed.Key.Column, changed.Key.From, changed.Key.To, Scopes(changed, tenants.Count, kinds.Count)),
        ];
    }

    public static string Text(TimeSpan? window) => window switch
    {
        null => "as long as the server's standard says",
        { TotalDays: var days } when days == Math.Floor(days) => string.Create(CultureInfo.InvariantCulture, $"{days} d"),
        { TotalHours: var hours } when hours == Math.Floor(hours) => string.Create(CultureInfo.InvariantCulture, $"{hours} h"),
        { } other => string.Create(CultureInfo.InvariantCulture, $"{other.TotalMinutes} min"),
    };

    private static bool IsWindow(string column) => column == "release_window";

    private static int IndexOf(string column) => Columns.IndexOf(Columns.FirstOrDefault(each => each.Name == column));

    /// <summary>SKUs that are in the same class before, and in the same after.</summary>
    private static IEnumerable<(string? Name, string? From, string? To)> Kinds(TriggerMatrices before, TriggerMatrices after) =>
        Patterns(before, after)
            .Select(pattern => (Name: (string?)pattern, From: ClassOf(before, pattern), To: ClassOf(after, pattern)))
            .GroupBy(each => (each.From, each.To))
            .Select(group => (Name: group.Key.From == group.Key.To ? group.Key.To : string.Join(", ", group.Select(each => each.Name)), group.Key.From, group.Key.To))
            .Where(each => (each.From, each.To) != (null, null))
            .Append((null, null, null));

    private static IEnumerable<string> Patterns(TriggerMatrices before, TriggerMatrices after) =>
        before.Classes.Concat(after.Classes).SelectMany(each => each.Skus).Distinct(StringComparer.Ordinal);

    /// <summary>The class of a SKU that a pattern is for, and no more exact one.</summary>
    private static string? ClassOf(TriggerMatrices matrices, string pattern) =>
        matrices.ClassOf(pattern.EndsWith('*') ? $"{pattern[..^1]}\uFFFF" : pattern);

    private static IEnumerable<(string Subject, string Column, string From, string To)> Between(TriggerMatrix old, TriggerMatrix changed)
    {
        foreach (var (before, after) in old.Rows.Zip(changed.Rows))
        {
            foreach (var (name, of) in Columns.Where(column => column.Of(before) != column.Of(after)))
            {
                yield return (before.Event, name, of(before), of(after));
            }
        }

        foreach (var method in old.Windows.Keys.Union(changed.Windows.Keys).Where(method => old.WindowFor(method) != changed.WindowFor(method)))
        {
            yield return (method, "release_window", Text(old.WindowFor(method)), Text(changed.WindowFor(method)));
        }
    }

    private static IReadOnlyList<ChangeScope> Scopes(IEnumerable<(string? Tenant, string? Kind)> pairs, int tenants, int kinds) =>
    [
        .. pairs.GroupBy(pair => pair.Tenant, pair => pair.Kind)
            .Select(group => (Tenant: group.Key, Skus: group.ToList()))
            .GroupBy(each => string.Join('\n', each.Skus.Select(kind => kind ?? "")))
            .Select(group => new ChangeScope(
                group.Count() == tenants ? null : [.. group.Select(each => each.Tenant)],
                group.First().Skus.Count == kinds ? null : group.First().Skus)),
    ];
}
