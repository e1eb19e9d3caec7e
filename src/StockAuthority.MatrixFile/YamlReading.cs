using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace StockAuthority.MatrixFile;

/// <summary>Takes a YAML tree apart and collects everything that is not as it has to be, each with its line.</summary>
internal sealed partial class YamlReading
{
    public const int MaximumTextLength = 200;

    private readonly ImmutableArray<string>.Builder _problems = ImmutableArray.CreateBuilder<string>();

    public ImmutableArray<string> Problems => _problems.ToImmutable();

    /// <summary>A mapping's entries by key; only those that may be there.</summary>
    public Dictionary<string, YamlNode> Mapping(YamlNode node, string what, string[] required, string[] optional)
    {
        Dictionary<string, YamlNode> entries = new(StringComparer.Ordinal);
        if (node is not YamlMappingNode mapping)
        {
            Add(node, $"{what} must be a mapping.");
            return entries;
        }

        foreach (var (key, value) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: { } name } && (required.Contains(name) || optional.Contains(name)))
            {
                entries.Add(name, value);
            }
            else
            {
                Add(key, $"{what} cannot have '{key}'; it can have {string.Join(", ", required.Concat(optional))}.");
            }
        }

        foreach (var missing in required.Where(name => !entries.ContainsKey(name)))
        {
            Add(node, $"{what} has no {missing}.");
        }

        return entries;
    }

    /// <summary>A mapping whose keys are names that the file chooses.</summary>
    public IEnumerable<(string Key, YamlNode Value)> Named(YamlNode node, string what, Regex isName, string names)
    {
        if (node is not YamlMappingNode mapping)
        {
            Add(node, $"{what} must be a mapping.");
            yield break;
        }

        foreach (var (key, value) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: { } name } && isName.IsMatch(name))
            {
                yield return (name, value);
            }
            else
            {
                Add(key, $"{what} cannot have '{key}': {names}.");
            }
        }
    }

    /// <summary>The entries of a list.</summary>
    public IEnumerable<YamlNode> List(YamlNode node, string what, int least, int most)
    {
        if (node is not YamlSequenceNode list)
        {
            Add(node, $"{what} must be a list.");
            return [];
        }

        if (list.Children.Count < least || list.Children.Count > most)
        {
            Add(node, string.Create(CultureInfo.InvariantCulture, $"{what} has {list.Children.Count} entries; it can have {least} to {most}."));
        }

        return list.Children.Take(most);
    }

    /// <summary>A text that is not blank, has no control characters and fits the pattern; empty, and a problem, where it does not.</summary>
    public string Text(YamlNode? node, string what, Regex? pattern = null, string? shape = null)
    {
        if (node is null)
        {
            return "";
        }

        if (node is not YamlScalarNode { Value: { } text } scalar || !IsText(scalar, text))
        {
            Add(node, $"{what} must be a text; one that reads as a number, true, false or null needs quotes.");
            return "";
        }

        if (string.IsNullOrWhiteSpace(text) || text.Any(char.IsControl) || text.EnumerateRunes().Count() > MaximumTextLength)
        {
            Add(node, $"{what} must have 1 to {MaximumTextLength} characters, not all blank, and no control characters.");
            return "";
        }

        if (pattern is not null && !pattern.IsMatch(text))
        {
            Add(node, $"{what} is '{text}'; {shape}.");
            return "";
        }

        return text;
    }

    public void Add(YamlNode node, string problem) => _problems.Add($"Line {node.Start.Line.ToString(CultureInfo.InvariantCulture)}: {problem}");

    /// <summary>By the core schema of YAML 1.2, as editors and other tools read the file.</summary>
    internal static bool IsText(YamlScalarNode scalar, string text) => scalar.Style != ScalarStyle.Plain || !NotText().IsMatch(text);

    [GeneratedRegex(@"^(|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\z", RegexOptions.CultureInvariant)]
    private static partial Regex NotText();
}
