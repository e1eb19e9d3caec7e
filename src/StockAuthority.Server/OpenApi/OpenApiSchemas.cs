using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;

namespace StockAuthority.Server.OpenApi;

/// <summary>
/// Schemas of messages in their JSON form (https://protobuf.dev/programming-guides/json): camel case, 64-bit numbers as
/// text, enum values by name, bytes in base 64, times as RFC 3339. What is referred to is collected for the components.
/// </summary>
internal sealed class OpenApiSchemas(ContractComments comments)
{
    private const string Prefix = "stockauthority.";

    private static readonly HashSet<string> Nothing = [];

    private readonly SortedDictionary<string, JsonNode> _components = new(StringComparer.Ordinal);

    public JsonObject Components => new([.. _components.Select(each => KeyValuePair.Create<string, JsonNode?>(each.Key, each.Value))]);

    public JsonObject Message(MessageDescriptor message) => WellKnown(message) ?? Reference(message.FullName, () => Object(message, Nothing));

    /// <summary>A request's body: the request without what its path says already.</summary>
    public JsonObject Body(MessageDescriptor request, IReadOnlySet<string> pathFields) => Reference(request.FullName, () => Object(request, pathFields));

    public JsonObject Field(FieldDescriptor field)
    {
        if (field.IsMap)
        {
            return Described(new() { ["type"] = "object", ["additionalProperties"] = Single(field.MessageType.FindFieldByNumber(2)) }, comments.Of(field));
        }

        var single = Single(field);
        return Described(field.IsRepeated ? new() { ["type"] = "array", ["items"] = single } : single, comments.Of(field));
    }

    private JsonObject Object(MessageDescriptor message, IReadOnlySet<string> without)
    {
        var properties = new JsonObject();
        foreach (var field in message.Fields.InFieldNumberOrder().Where(field => !without.Contains(field.Name)))
        {
            properties[field.JsonName] = Field(field);
        }

        return Described(new() { ["type"] = "object", ["properties"] = properties }, comments.Of(message));
    }

    private JsonObject Single(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Bool => new() { ["type"] = "boolean" },
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => new() { ["type"] = "integer", ["format"] = "int32" },
        FieldType.UInt32 or FieldType.Fixed32 => new() { ["type"] = "integer", ["format"] = "uint32" },
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => new() { ["type"] = "string", ["format"] = "int64" },
        FieldType.UInt64 or FieldType.Fixed64 => new() { ["type"] = "string", ["format"] = "uint64" },
        FieldType.Float => new() { ["type"] = "number", ["format"] = "float" },
        FieldType.Double => new() { ["type"] = "number", ["format"] = "double" },
        FieldType.String => new() { ["type"] = "string" },
        FieldType.Bytes => new() { ["type"] = "string", ["format"] = "byte" },
        FieldType.Enum => Reference(field.EnumType.FullName, () => Values(field.EnumType)),
        FieldType.Message => Message(field.MessageType),
        var type => throw new InvalidOperationException($"{field.FullName}: {type} has no JSON form."),
    };

    private JsonObject Values(EnumDescriptor type) => Described(
        new() { ["type"] = "string", ["enum"] = new JsonArray([.. type.Values.Select(value => JsonValue.Create(value.Name))]) },
        comments.Of(type));

    private static JsonObject? WellKnown(MessageDescriptor message) => message.FullName switch
    {
        "google.protobuf.Timestamp" => new() { ["type"] = "string", ["format"] = "date-time" },
        "google.protobuf.Duration" => new() { ["type"] = "string", ["pattern"] = @"^-?[0-9]+(\.[0-9]{1,9})?s$", ["example"] = "900s" },
        "google.protobuf.FieldMask" => new() { ["type"] = "string" },
        "google.protobuf.Struct" => new() { ["type"] = "object", ["additionalProperties"] = true },
        "google.protobuf.Any" => new()
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { ["@type"] = new JsonObject { ["type"] = "string" } },
            ["required"] = new JsonArray("@type"),
            ["additionalProperties"] = true,
        },
        _ => null,
    };

    private JsonObject Reference(string fullName, Func<JsonObject> schema)
    {
        var name = fullName.StartsWith(Prefix, StringComparison.Ordinal) ? fullName[Prefix.Length..] : fullName;

        // Entered before it is made: a message may hold itself.
        if (_components.TryAdd(name, new JsonObject()))
        {
            _components[name] = schema();
        }

        return new() { ["$ref"] = $"#/components/schemas/{name}" };
    }

    /// <summary>In OpenAPI 3.0 nothing may stand beside a $ref, so a described reference is wrapped.</summary>
    private static JsonObject Described(JsonObject schema, string? description)
    {
        if (string.IsNullOrEmpty(description))
        {
            return schema;
        }

        if (schema.ContainsKey("$ref"))
        {
            schema = new() { ["allOf"] = new JsonArray(schema) };
        }

        schema["description"] = description;
        return schema;
    }
}
