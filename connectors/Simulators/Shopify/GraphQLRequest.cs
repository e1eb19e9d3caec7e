using System.Text.Json.Nodes;
using GraphQLParser;
using GraphQLParser.AST;
using GraphQLParser.Exceptions;

namespace StockAuthority.Connectors.Simulators.Shopify;

/// <summary>A request's one operation with its variables, read as GraphQL and not by its text.</summary>
internal sealed class GraphQLRequest
{
    private readonly JsonObject _variables;

    private GraphQLRequest(GraphQLOperationDefinition operation, JsonObject variables) => (Operation, _variables) = (operation, variables);

    public GraphQLOperationDefinition Operation { get; }

    /// <exception cref="GraphQLError">It is no such request.</exception>
    public static GraphQLRequest Parse(JsonNode? body)
    {
        try
        {
            var document = Parser.Parse((string?)body?["query"] ?? "");
            return document.Definitions is [GraphQLOperationDefinition operation]
                ? new GraphQLRequest(operation, body!["variables"] as JsonObject ?? [])
                : throw new GraphQLError("An operation name is required.", "BAD_REQUEST");
        }
        catch (Exception failure) when (failure is GraphQLSyntaxErrorException or InvalidOperationException)
        {
            throw new GraphQLError("syntax error, unexpected end of file or token", "BAD_REQUEST");
        }
    }

    /// <summary>The root fields.</summary>
    public IEnumerable<GraphQLField> Roots() => Operation.SelectionSet.Selections.OfType<GraphQLField>();

    public JsonNode? Argument(GraphQLArguments? arguments, string name) =>
        arguments?.FirstOrDefault(argument => argument.Name.StringValue == name) is { } found ? Value(found.Value) : null;

    /// <summary>What was selected of a value.</summary>
    /// <exception cref="GraphQLError">A field is not there.</exception>
    public JsonNode? Select(object? value, GraphQLSelectionSet? selections) => value switch
    {
        null => null,
        GraphQLObject one => Select(one, selections),
        string text => JsonValue.Create(text),
        long number => JsonValue.Create(number),
        IEnumerable<object?> many => new JsonArray([.. many.Select(entry => Select(entry, selections))]),
        _ => throw new InvalidOperationException($"{value.GetType().Name} is no value of the schema."),
    };

    private JsonObject Select(GraphQLObject value, GraphQLSelectionSet? selections)
    {
        var selected = new JsonObject();
        foreach (var selection in selections?.Selections ?? throw new GraphQLError($"Field must have selections (type '{value.TypeName}' has none)", "selectionMismatch"))
        {
            switch (selection)
            {
                case GraphQLField field:
                    selected[(field.Alias?.Name ?? field.Name).StringValue] = value.Fields.TryGetValue(field.Name.StringValue, out var resolve)
                        ? Select(resolve(field), field.SelectionSet)
                        : throw new GraphQLError($"Field '{field.Name.StringValue}' doesn't exist on type '{value.TypeName}'", "undefinedField");
                    break;
                case GraphQLInlineFragment fragment when fragment.TypeCondition is null || fragment.TypeCondition.Type.Name.StringValue == value.TypeName:
                    foreach (var (name, node) in Select(value, fragment.SelectionSet).ToList())
                    {
                        selected[name] = node?.DeepClone();
                    }

                    break;
            }
        }

        return selected;
    }

    private JsonNode? Value(GraphQLValue value) => value switch
    {
        GraphQLVariable variable => _variables[variable.Name.StringValue]?.DeepClone(),
        GraphQLStringValue text => JsonValue.Create(text.Value.ToString()),
        GraphQLListValue list => new JsonArray([.. (list.Values ?? []).Select(Value)]),
        _ => throw new GraphQLError("Only variables, strings and lists are understood here.", "argumentLiteralsIncompatible"),
    };
}
