using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace StockAuthority.MatrixFile.Tests;

/// <summary>What an editor says of a file, by the schema that ships.</summary>
internal static class Schema
{
    private static readonly JsonSchema Shipped = JsonSchema.FromText(Tests.Shipped.Text("trigger-matrix.schema.json"));

    public static bool Accepts(string yaml)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException)
        {
            return false;
        }

        return stream.Documents.Count == 1
            && Shipped.Evaluate(JsonSerializer.SerializeToElement(Node(stream.Documents[0].RootNode))).IsValid;
    }

    private static JsonNode? Node(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(each => KeyValuePair.Create(((YamlScalarNode)each.Key).Value!, Node(each.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Node)]),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => Plain(scalar.Value!),
        YamlScalarNode scalar => scalar.Value,
        _ => throw new InvalidOperationException($"No JSON for {node}."),
    };

    /// <summary>By the core schema of YAML 1.2.</summary>
    private static JsonNode? Plain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : text,
    };
}
