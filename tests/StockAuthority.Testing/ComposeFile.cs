using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace StockAuthority.Testing;

/// <summary>docker-compose.yml of the checkout, as far as tests read it.</summary>
public sealed partial class ComposeFile
{
    private readonly Dictionary<object, object?> _services;

    private ComposeFile(Dictionary<object, object?> root) => (Root, _services) = (root, (Dictionary<object, object?>)root["services"]!);

    /// <summary>All of it, anchors and merges resolved.</summary>
    public IReadOnlyDictionary<object, object?> Root { get; }

    /// <summary>The services' names.</summary>
    public IEnumerable<string> Services => _services.Keys.Cast<string>();

    /// <summary>Reads it.</summary>
    public static ComposeFile Read()
    {
        using var text = new StringReader(File.ReadAllText(Path.Combine(TestWorkspace.Checkout.Root, "docker-compose.yml")));
        return new ComposeFile(new DeserializerBuilder().Build().Deserialize<Dictionary<object, object?>>(new MergingParser(new Parser(text))));
    }

    /// <summary>What the file says of a service under a key; null where it says nothing.</summary>
    public object? Of(string service, string key) => ((Dictionary<object, object?>)_services[service]!).GetValueOrDefault(key);

    /// <summary>A list that the file has for a service; empty where it has none.</summary>
    public IReadOnlyList<string> List(string service, string key) => Of(service, key) switch
    {
        List<object> list => [.. list.Cast<string>()],
        Dictionary<object, object?> map => [.. map.Keys.Cast<string>()],
        _ => [],
    };

    /// <summary>A service's environment, as it is written; what is only passed on is left out.</summary>
    public Dictionary<string, string> Environment(string service) =>
        ((Of(service, "environment") as Dictionary<object, object?>) ?? []).Where(each => each.Value is string)
            .ToDictionary(each => (string)each.Key, each => (string)each.Value!, StringComparer.Ordinal);

    /// <summary>With variables in place of their names: the given ones, else the file's own defaults.</summary>
    public static string Substitute(string text, IReadOnlyDictionary<string, string> variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        return Variable().Replace(text, match =>
            variables.TryGetValue(match.Groups["name"].Value, out var value) ? value
            : match.Groups["default"].Success ? match.Groups["default"].Value
            : throw new KeyNotFoundException($"{match.Groups["name"].Value} has no value."));
    }

    /// <summary>Variables without which compose does not start.</summary>
    public static IEnumerable<string> Required(string text) => Variable().Matches(text).Where(match => match.Groups["required"].Success).Select(match => match.Groups["name"].Value);

    /// <summary>All variables that a text names.</summary>
    public static IEnumerable<string> Variables(string text) => Variable().Matches(text).Select(match => match.Groups["name"].Value);

    [GeneratedRegex(@"\$\{(?<name>[A-Z_]+)(:-(?<default>[^}]*)|:\?(?<required>[^}]*))?\}")]
    private static partial Regex Variable();
}
