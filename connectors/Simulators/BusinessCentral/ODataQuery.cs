using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;

namespace StockAuthority.Connectors.Simulators.BusinessCentral;

/// <summary>
/// $filter (equality, joined by "or" on one field or by "and"), $select, $top and server-driven paging by $skiptoken. Anything else is refused.
/// </summary>
internal sealed partial class ODataQuery
{
    private readonly List<(string Field, HashSet<string> Values)> _filters = [];
    private readonly HashSet<string>? _select;
    private readonly int _top = int.MaxValue;
    private readonly int _skip;

    public ODataQuery(string query)
    {
        foreach (var (name, value) in QueryHelpers.ParseQuery(query))
        {
            var text = value.ToString();
            switch (name)
            {
                case "$filter":
                    _filters.AddRange(AndWord().Split(text).Select(Alternatives));
                    break;
                case "$select":
                    _select = [.. text.Split(',')];
                    break;
                case "$top" when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var top):
                    _top = top;
                    break;
                case "$skiptoken" when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var skip):
                    _skip = skip;
                    break;
                default:
                    throw ODataError.Bad($"The query parameter '{name}' is not supported.");
            }
        }
    }

    /// <summary>The page, and where the next one begins; null for the last.</summary>
    public (JsonArray Value, int? Next) Apply(IEnumerable<JsonObject> entities, int pageSize)
    {
        var fitting = entities.Where(Fits).Take(_top).ToList();
        var page = fitting.Skip(_skip).Take(pageSize).Select(Selected).ToArray<JsonNode?>();
        return (new JsonArray(page), fitting.Count > _skip + pageSize ? _skip + pageSize : null);
    }

    private bool Fits(JsonObject entity) => _filters.TrueForAll(filter => entity.TryGetPropertyValue(filter.Field, out var value)
        ? filter.Values.Contains(value?.ToString() ?? "")
        : throw ODataError.Bad($"Could not find a property named '{filter.Field}' on type 'Microsoft.NAV'."));

    private JsonObject Selected(JsonObject entity) => new(entity.Where(each => _select is null || each.Key.StartsWith('@') || _select.Contains(each.Key))
        .Select(each => KeyValuePair.Create(each.Key, each.Value?.DeepClone())));

    private static (string Field, HashSet<string> Values) Alternatives(string filter)
    {
        var parts = OrWord().Split(filter).Select(each => Equality().Match(each)).ToArray();
        if (parts.Any(each => !each.Success) || parts.Select(each => each.Groups["field"].Value).Distinct(StringComparer.Ordinal).Count() > 1)
        {
            // "You can't use OR operators to apply filters on two different fields."
            throw ODataError.Bad("The filter is not supported.");
        }

        return (parts[0].Groups["field"].Value, [.. parts.Select(each => each.Groups["value"].Value.Replace("''", "'", StringComparison.Ordinal))]);
    }

    [GeneratedRegex(" and (?=[A-Za-z]+ eq )")]
    private static partial Regex AndWord();

    [GeneratedRegex(" or (?=[A-Za-z]+ eq )")]
    private static partial Regex OrWord();

    [GeneratedRegex("^(?<field>[A-Za-z]+) eq '(?<value>([^']|'')*)'$")]
    private static partial Regex Equality();
}
