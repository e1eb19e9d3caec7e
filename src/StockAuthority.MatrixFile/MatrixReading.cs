using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using StockAuthority.Core.Payments;
using YamlDotNet.RepresentationModel;

namespace StockAuthority.MatrixFile;

/// <summary>Reads the file's document. Its shape is also config/trigger-matrix.schema.json, for editors; a test holds both together.</summary>
internal sealed partial class MatrixReading
{
    private const int MaximumOverrides = 500;
    private const int MaximumTenants = 10_000;
    private const int MaximumClasses = 100;
    private const int MaximumSkus = 10_000;
    private const string Names = "a name has 1 to 64 of a to z, 0 to 9, - and _, and begins with a letter or digit";
    private const string Methods = "a payment method has 1 to 64 of a to z, 0 to 9 and _, or is default";

    private readonly YamlReading _yaml = new();

    public (TriggerMatrices? Matrices, ImmutableArray<string> Problems, ImmutableDictionary<SignatoryRole, Signature> SignOff) Read(YamlNode root)
    {
        var document = _yaml.Mapping(root, "The file", ["events"], ["release_windows", "sku_classes", "overrides", "sign_off"]);
        var rows = document.TryGetValue("events", out var events) ? Rows(events, "events", least: 1) : [];
        var windows = document.TryGetValue("release_windows", out var its) ? Windows(its) : ImmutableSortedDictionary<string, TimeSpan>.Empty;
        var classes = document.TryGetValue("sku_classes", out var skuClasses) ? Classes(skuClasses) : [];
        var overrides = document.TryGetValue("overrides", out var named) ? Overrides(named) : [];
        var signOff = document.TryGetValue("sign_off", out var signed) ? SignOff(signed) : ImmutableDictionary<SignatoryRole, Signature>.Empty;

        // What the rows come to is only worth saying of rows that could be read.
        if (!_yaml.Problems.IsEmpty)
        {
            return (null, _yaml.Problems, signOff);
        }

        var (matrices, problems) = TriggerMatrices.Create(rows, windows, classes, overrides);
        return (matrices, problems, signOff);
    }

    private ImmutableArray<TriggerMatrixRow> Rows(YamlNode node, string what, int least) =>
        [.. _yaml.List(node, what, least, TriggerMatrix.EventNames.Count()).Select(Row).OfType<TriggerMatrixRow>()];

    private TriggerMatrixRow? Row(YamlNode node)
    {
        var columns = _yaml.Mapping(
            node, "A row", ["event", "inventory_action", "ledger_action", "finality", "reversal", "exception_path", "owner"], []);
        var name = Text("event");
        if (name.Length > 0 && !TriggerMatrix.EventNames.Contains(name))
        {
            _yaml.Add(columns["event"], $"'{name}' is no contract event; those are {string.Join(", ", TriggerMatrix.EventNames)}.");
            return null;
        }

        var action = Text("inventory_action");
        if (action.Length > 0 && (!Enum.TryParse<InventoryAction>(action, out var parsed) || parsed.ToString() != action))
        {
            _yaml.Add(columns["inventory_action"], $"'{action}' is no inventory action; those are {string.Join(", ", Enum.GetNames<InventoryAction>())}.");
            return null;
        }

        // A name that nobody knows would book nothing, and nobody would notice.
        var ledgerAction = Text("ledger_action");
        if (ledgerAction.Length > 0 && !LedgerActions.ByName.ContainsKey(ledgerAction))
        {
            _yaml.Add(columns["ledger_action"], $"'{ledgerAction}' is no ledger action; those are {string.Join(", ", LedgerActions.ByName.Keys)}.");
        }

        return name.Length == 0 || action.Length == 0 ? null : new TriggerMatrixRow(
            name,
            Enum.Parse<InventoryAction>(action),
            ledgerAction,
            Text("finality"),
            Text("reversal"),
            Text("exception_path"),
            Text("owner"));

        string Text(string column) => _yaml.Text(columns.GetValueOrDefault(column), $"The {column}");
    }

    private ImmutableSortedDictionary<string, TimeSpan> Windows(YamlNode node)
    {
        var windows = ImmutableSortedDictionary.CreateBuilder<string, TimeSpan>(StringComparer.Ordinal);
        foreach (var (method, value) in _yaml.Named(node, "release_windows", Method(), Methods))
        {
            var text = _yaml.Text(value, $"The release window of '{method}'", Span(), "it is a number and m, h or d, at most 90d: 45m, 36h, 7d");
            if (text.Length > 0)
            {
                var number = int.Parse(text[..^1], CultureInfo.InvariantCulture);
                var window = text[^1] switch
                {
                    'm' => TimeSpan.FromMinutes(number),
                    'h' => TimeSpan.FromHours(number),
                    _ => TimeSpan.FromDays(number),
                };
                if (window > TriggerMatrix.LongestWindow)
                {
                    _yaml.Add(value, $"The release window of '{method}' is longer than 90 days.");
                }

                windows[method] = window;
            }
        }

        return windows.ToImmutable();
    }

    private ImmutableArray<SkuClass> Classes(YamlNode node) =>
    [
        .. _yaml.List(node, "sku_classes", 1, MaximumClasses).Select(each =>
        {
            var entries = _yaml.Mapping(each, "A SKU class", ["name", "skus"], []);
            return new SkuClass(
                _yaml.Text(entries.GetValueOrDefault("name"), "The SKU class's name", Name(), Names),
                Texts(entries, "skus", MaximumSkus, Sku(), "it is a SKU of at most 128 characters, or how SKUs begin and one * at the end"));
        }),
    ];

    private ImmutableArray<MatrixOverride> Overrides(YamlNode node) =>
        [.. _yaml.List(node, "overrides", 1, MaximumOverrides).Select(Override)];

    private MatrixOverride Override(YamlNode node)
    {
        var entries = _yaml.Mapping(node, "An override", ["name"], ["tenants", "sku_classes", "events", "release_windows"]);
        if (!entries.ContainsKey("tenants") && !entries.ContainsKey("sku_classes"))
        {
            _yaml.Add(node, "An override must say for which tenants or sku_classes it is; what is for all is the default.");
        }

        return new MatrixOverride(
            _yaml.Text(entries.GetValueOrDefault("name"), "The override's name", Name(), Names),
            Texts(entries, "tenants", MaximumTenants, Tenant(), "a tenant id has at most 64 characters"),
            Texts(entries, "sku_classes", MaximumClasses, Name(), Names),
            entries.TryGetValue("events", out var events) ? Rows(events, "events", least: 1) : [],
            entries.TryGetValue("release_windows", out var windows) ? Windows(windows) : ImmutableSortedDictionary<string, TimeSpan>.Empty);
    }

    private ImmutableArray<string> Texts(Dictionary<string, YamlNode> entries, string key, int most, Regex pattern, string shape) =>
        entries.TryGetValue(key, out var node)
            ? [.. _yaml.List(node, key, 1, most).Select(each => _yaml.Text(each, $"An entry of {key}", pattern, shape))]
            : [];

    private ImmutableDictionary<SignatoryRole, Signature> SignOff(YamlNode node)
    {
        var signatures = ImmutableDictionary.CreateBuilder<SignatoryRole, Signature>();
        var roles = _yaml.Mapping(node, "sign_off", [], ["engineering", "finance"]);
        foreach (var (role, value) in roles)
        {
            var entries = _yaml.Mapping(value, $"The sign-off of {role}", ["by", "at", "sha256"], []);
            var by = _yaml.Text(entries.GetValueOrDefault("by"), $"by of {role}");
            var at = _yaml.Text(entries.GetValueOrDefault("at"), $"at of {role}", Time(), "it is a time in UTC: 2026-11-22T09:30:00Z");
            var sha256 = _yaml.Text(entries.GetValueOrDefault("sha256"), $"sha256 of {role}", Hash(), "it has 64 of 0 to 9 and a to f");
            if (DateTimeOffset.TryParseExact(at, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            {
                signatures[Enum.Parse<SignatoryRole>(role, ignoreCase: true)] = new Signature(by, time, sha256);
            }
            else if (at.Length > 0)
            {
                _yaml.Add(entries["at"], $"at of {role} is no time that there is: '{at}'.");
            }
        }

        return signatures.ToImmutable();
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9_-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"^[a-z0-9_]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Method();

    [GeneratedRegex(@"^.{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Tenant();

    [GeneratedRegex(@"^([^*]{1,128}|[^*]{0,127}\*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Sku();

    [GeneratedRegex(@"^[1-9][0-9]{0,5}[mhd]\z", RegexOptions.CultureInvariant)]
    private static partial Regex Span();

    [GeneratedRegex(@"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\z", RegexOptions.CultureInvariant)]
    private static partial Regex Time();

    [GeneratedRegex(@"^[0-9a-f]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Hash();
}
