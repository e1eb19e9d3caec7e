using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace StockAuthority.Core.Payments;

/// <summary>SKUs that are treated alike. A SKU is in the first class that has a pattern for it.</summary>
/// <param name="Skus">Each a SKU, or how SKUs begin and an asterisk.</param>
public sealed record SkuClass(string Name, ImmutableArray<string> Skus);

/// <summary>Rows and windows that are another for some tenants and SKU classes.</summary>
/// <param name="Tenants">Whose; empty for all.</param>
/// <param name="SkuClasses">For which SKUs; empty for all.</param>
/// <param name="Rows">Those that differ; the others are the default's.</param>
public sealed record MatrixOverride(
    string Name,
    ImmutableArray<string> Tenants,
    ImmutableArray<string> SkuClasses,
    ImmutableArray<TriggerMatrixRow> Rows,
    ImmutableSortedDictionary<string, TimeSpan> Windows);

/// <summary>Which trigger matrix a SKU of a tenant falls under: the first override that is for both, else the default.</summary>
public sealed class TriggerMatrices
{
    private readonly ImmutableArray<(MatrixOverride For, TriggerMatrix Matrix)> _overrides;
    private readonly SkuClasses _classes;

    private TriggerMatrices(TriggerMatrix standard, SkuClasses classes, ImmutableArray<(MatrixOverride For, TriggerMatrix Matrix)> overrides)
    {
        Default = standard;
        _classes = classes;
        _overrides = overrides;
        All = [standard, .. overrides.Select(each => each.Matrix)];
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalText())));
    }

    /// <summary>SHA-256 of all that decides, lower-case hex: what engineering and finance sign, and what every resolution records.</summary>
    public string Sha256 { get; }

    /// <summary>The matrix where no override is.</summary>
    public TriggerMatrix Default { get; }

    /// <summary>The default first, then the overrides' in their order.</summary>
    public ImmutableArray<TriggerMatrix> All { get; }

    public ImmutableArray<SkuClass> Classes => _classes.All;

    public ImmutableArray<MatrixOverride> Overrides => [.. _overrides.Select(each => each.For)];

    /// <summary>One matrix for all tenants and SKUs.</summary>
    public static TriggerMatrices Of(TriggerMatrix matrix) => new(matrix, new SkuClasses([]), []);

    /// <summary>The matrices, or everything that is wrong with them.</summary>
    public static (TriggerMatrices? Matrices, ImmutableArray<string> Problems) Create(
        IEnumerable<TriggerMatrixRow> rows,
        ImmutableSortedDictionary<string, TimeSpan> windows,
        ImmutableArray<SkuClass> classes,
        ImmutableArray<MatrixOverride> overrides)
    {
        var problems = ImmutableArray.CreateBuilder<string>();
        problems.AddRange(SkuClasses.Problems(classes));
        problems.AddRange(WindowProblems(windows));
        var (standard, rowProblems) = TriggerMatrix.Create(rows, windows);
        problems.AddRange(rowProblems);
        problems.AddRange(standard?.Contradictions() ?? []);
        problems.AddRange(OverrideProblems(overrides, classes));

        if (standard is null)
        {
            return (null, problems.ToImmutable());
        }

        var made = ImmutableArray.CreateBuilder<(MatrixOverride For, TriggerMatrix Matrix)>();
        foreach (var each in overrides)
        {
            var (matrix, its) = standard.Override(each.Name, each.Rows, each.Windows);

            // What the default gets wrong is said once.
            var contradictions = (matrix?.Contradictions() ?? []).Except(standard.Contradictions());
            problems.AddRange(its.Concat(contradictions).Select(problem => $"Override '{each.Name}': {problem}"));
            if (matrix is not null)
            {
                made.Add((each, matrix));
            }
        }

        return problems.Count == 0
            ? (new TriggerMatrices(standard, new SkuClasses(classes), made.ToImmutable()), [])
            : (null, problems.ToImmutable());
    }

    /// <summary>The name of a SKU's class; null where it is in none.</summary>
    public string? ClassOf(string sku) => _classes.Of(sku);

    public TriggerMatrix For(string tenantId, string sku) => _overrides.IsEmpty ? Default : ForClass(tenantId, _classes.Of(sku));

    /// <param name="tenantId">Whose SKUs.</param>
    /// <param name="skuClass">Null for those that are in none.</param>
    public TriggerMatrix ForClass(string tenantId, string? skuClass)
    {
        foreach (var (each, matrix) in _overrides)
        {
            if (IsFor(each.Tenants, tenantId) && IsFor(each.SkuClasses, skuClass))
            {
                return matrix;
            }
        }

        return Default;
    }

    /// <summary>Every matrix that a SKU of the tenant can fall under.</summary>
    public ImmutableArray<TriggerMatrix> ForTenant(string tenantId) => _overrides.IsEmpty
        ? All
        : [.. _classes.All.Select(each => (string?)each.Name).Append(null).Select(skuClass => ForClass(tenantId, skuClass)).Distinct()];

    private static bool IsFor(ImmutableArray<string> named, string? name) => named.IsEmpty || (name is not null && named.Contains(name));

    private static IEnumerable<string> WindowProblems(ImmutableSortedDictionary<string, TimeSpan> windows) => windows
        .Where(window => window.Value < TriggerMatrix.ShortestWindow || window.Value > TriggerMatrix.LongestWindow)
        .Select(window => $"The release window of '{window.Key}' is not between 1 minute and 90 days.");

    private static IEnumerable<string> OverrideProblems(ImmutableArray<MatrixOverride> overrides, ImmutableArray<SkuClass> classes)
    {
        for (var index = 0; index < overrides.Length; index++)
        {
            var each = overrides[index];
            var earlier = overrides[..index];
            if (earlier.Any(other => other.Name == each.Name))
            {
                yield return $"There is more than one override '{each.Name}'.";
            }

            foreach (var twice in each.Tenants.Concat(each.SkuClasses).GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1))
            {
                yield return $"Override '{each.Name}' names '{twice.Key}' twice.";
            }

            foreach (var unknown in each.SkuClasses.Where(name => classes.All(known => known.Name != name)))
            {
                yield return $"Override '{each.Name}' names the SKU class '{unknown}', which is not defined.";
            }

            foreach (var problem in WindowProblems(each.Windows))
            {
                yield return $"Override '{each.Name}': {problem}";
            }

            foreach (var tenant in each.Tenants.IsEmpty ? [null] : each.Tenants.Select(name => (string?)name).Distinct())
            {
                foreach (var skuClass in each.SkuClasses.IsEmpty ? [null] : each.SkuClasses.Select(name => (string?)name).Distinct())
                {
                    if (earlier.FirstOrDefault(other => Takes(other.Tenants, tenant) && Takes(other.SkuClasses, skuClass)) is { } first)
                    {
                        yield return $"Override '{each.Name}' never applies to {Named("tenant", tenant)} and {Named("SKU class", skuClass)}: '{first.Name}' comes first and is for them too.";
                    }
                }
            }
        }
    }

    /// <summary>Whether an earlier selector leaves nothing of what a later one names; null names all.</summary>
    private static bool Takes(ImmutableArray<string> earlier, string? later) => earlier.IsEmpty || (later is not null && earlier.Contains(later));

    private static string Named(string kind, string? name) => name is null ? $"any {kind}" : $"{kind} '{name}'";

    /// <summary>
    /// One line for each row of the default, sorted by event, columns separated by tabs; then whatever else there is, each
    /// line with a tab before it, which no event's name begins with. Layout and comments of the file do not count.
    /// </summary>
    private string CanonicalText()
    {
        var text = new StringBuilder();
        AppendRows(text, Default.Rows, "");
        AppendWindows(text, Default.Windows);
        foreach (var each in _classes.All)
        {
            text.Append("\tclass\t").Append(each.Name).Append('\t').AppendJoin('\t', each.Skus).Append('\n');
        }

        foreach (var (each, _) in _overrides)
        {
            text.Append("\toverride\t").Append(each.Name).Append('\n');
            text.Append("\ttenants\t").AppendJoin('\t', each.Tenants.Order(StringComparer.Ordinal)).Append('\n');
            text.Append("\tclasses\t").AppendJoin('\t', each.SkuClasses.Order(StringComparer.Ordinal)).Append('\n');
            AppendRows(text, each.Rows.OrderBy(row => row.Event, StringComparer.Ordinal), "\trow\t");
            AppendWindows(text, each.Windows);
        }

        return text.ToString();
    }

    private static void AppendRows(StringBuilder text, IEnumerable<TriggerMatrixRow> rows, string before)
    {
        foreach (var row in rows)
        {
            text.Append(before).Append(row.Event).Append('\t').Append(row.InventoryAction).Append('\t')
                .AppendJoin('\t', TriggerMatrix.TextColumns(row).Select(column => column.Text)).Append('\n');
        }
    }

    private static void AppendWindows(StringBuilder text, ImmutableSortedDictionary<string, TimeSpan> windows)
    {
        foreach (var (method, window) in windows.OrderBy(each => each.Key, StringComparer.Ordinal))
        {
            text.Append("\twindow\t").Append(method).Append('\t').Append((long)window.TotalSeconds).Append('\n');
        }
    }
}
