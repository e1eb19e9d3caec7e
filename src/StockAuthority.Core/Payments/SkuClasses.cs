using System.Collections.Immutable;

namespace StockAuthority.Core.Payments;

/// <summary>Says which class a SKU is in: the first that has a pattern for it.</summary>
internal sealed class SkuClasses
{
    private readonly ImmutableDictionary<string, int> _exact;
    private readonly ImmutableArray<(string Prefix, int Class)> _prefixes;

    public SkuClasses(ImmutableArray<SkuClass> all)
    {
        All = all;
        var patterns = all.SelectMany((each, index) => each.Skus.Select(pattern => (Pattern: pattern, Class: index))).ToList();
        _exact = patterns.Where(each => !IsPrefix(each.Pattern)).ToImmutableDictionary(each => each.Pattern, each => each.Class, StringComparer.Ordinal);
        _prefixes = [.. patterns.Where(each => IsPrefix(each.Pattern)).Select(each => (each.Pattern[..^1], each.Class))];
    }

    public ImmutableArray<SkuClass> All { get; }

    public string? Of(string sku)
    {
        var found = _exact.GetValueOrDefault(sku, int.MaxValue);
        foreach (var (prefix, index) in _prefixes)
        {
            if (index >= found)
            {
                break;
            }

            if (sku.StartsWith(prefix, StringComparison.Ordinal))
            {
                found = index;
            }
        }

        return found == int.MaxValue ? null : All[found].Name;
    }

    public static IEnumerable<string> Problems(ImmutableArray<SkuClass> classes)
    {
        List<(string Pattern, string Class)> earlier = [];
        foreach (var each in classes)
        {
            if (!ReferenceEquals(classes.First(other => other.Name == each.Name), each))
            {
                yield return $"There is more than one SKU class '{each.Name}'.";
            }

            foreach (var pattern in each.Skus)
            {
                if (earlier.Find(other => Takes(other.Pattern, pattern)) is { Pattern: not null } first)
                {
                    yield return $"SKU class '{each.Name}': '{pattern}' never applies, because '{first.Pattern}' of '{first.Class}' comes first.";
                }

                earlier.Add((pattern, each.Name));
            }
        }
    }

    private static bool IsPrefix(string pattern) => pattern.EndsWith('*');

    /// <summary>Whether an earlier pattern leaves nothing to a later one.</summary>
    private static bool Takes(string earlier, string later) =>
        earlier == later || (IsPrefix(earlier) && later.StartsWith(earlier[..^1], StringComparison.Ordinal));
}
