using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf.Reflection;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.OpenApi;

/// <summary>
/// Writes OpenAPI 3.0 (https://spec.openapis.org/oas/v3.0.3) from descriptors and their google.api.http rules. A rule that
/// uses what none of ours does (path patterns, response bodies) throws rather than be described wrongly.
/// </summary>
internal sealed partial class OpenApiDocument(ContractComments comments)
{
    private readonly OpenApiSchemas _schemas = new(comments);

    public JsonObject Write(IEnumerable<(MethodDescriptor Method, HttpRule Rule)> calls)
    {
        var paths = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var (method, rule) in calls)
        {
            var (verb, template) = Pattern(method, rule);
            var path = Variable().Replace(template, match => $"{{{JsonName(method.InputType, match.Groups[1].Value)}}}");
            if (!paths.TryGetValue(path, out var operations))
            {
                paths.Add(path, operations = []);
            }

            operations[verb] = Operation(method, rule, template);
        }

        var error = Answer("Refused or failed; the ErrorInfo among the details has the reason.", _schemas.Message(Google.Rpc.Status.Descriptor));
        return new JsonObject
        {
            ["openapi"] = "3.0.3",
            ["info"] = new JsonObject
            {
                ["title"] = "StockAuthority",
                ["version"] = "v1",
                ["description"] = "What stock exists, where, and for whom. The same calls as over gRPC, in the JSON form of their messages. "
                    + "Mutations need an idempotencyKey: the same request with the same key is done once and answered the same. "
                    + "Errors are google.rpc.Status with an ErrorInfo, whose reasons are in docs/errors.md.",
            },
            ["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }),
            ["paths"] = new JsonObject([.. paths.Select(each => KeyValuePair.Create<string, JsonNode?>(each.Key, each.Value))]),
            ["components"] = new JsonObject
            {
                ["schemas"] = _schemas.Components,
                ["responses"] = new JsonObject
                {
                    ["Unauthenticated"] = new JsonObject { ["description"] = "No token, or one that is expired or not valid here." },
                    ["Error"] = error,
                },
                ["securitySchemes"] = new JsonObject { ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "JWT" } },
            },
        };
    }

    private JsonObject Operation(MethodDescriptor method, HttpRule rule, string template)
    {
        if (rule.ResponseBody.Length > 0)
        {
            throw new NotSupportedException($"{method.FullName}: response_body is not described.");
        }

        HashSet<string> pathFields = [.. Variable().Matches(template).Select(match => match.Groups[1].Value)];
        var parameters = new JsonArray([.. pathFields.Select(name => Parameter(method.InputType.FindFieldByName(name), "path"))]);
        if (rule.Body.Length == 0)
        {
            foreach (var field in method.InputType.Fields.InFieldNumberOrder().Where(field => !pathFields.Contains(field.Name)))
            {
                parameters.Add(Parameter(field, "query"));
            }
        }

        var operation = new JsonObject
        {
            ["operationId"] = $"{method.Service.Name}_{method.Name}",
            ["tags"] = new JsonArray(method.Service.Name),
            ["description"] = string.Join(' ', new[]
            {
                comments.Of(method),
                method.IsServerStreaming ? "The answer stays open: one JSON object after the other." : null,
                Scope.For($"/{method.Service.FullName}/{method.Name}") is { } scope ? $"Needs the scope `{scope}`." : null,
            }.OfType<string>()),
            ["parameters"] = parameters,
        };
        if (rule.Body.Length > 0)
        {
            var schema = rule.Body == "*" ? _schemas.Body(method.InputType, pathFields) : _schemas.Field(method.InputType.FindFieldByName(rule.Body));
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Json(schema) };
        }

        operation["responses"] = new JsonObject
        {
            ["200"] = Answer(comments.Of(method.OutputType) ?? "Done.", _schemas.Message(method.OutputType)),
            ["401"] = new JsonObject { ["$ref"] = "#/components/responses/Unauthenticated" },
            ["default"] = new JsonObject { ["$ref"] = "#/components/responses/Error" },
        };
        return operation;
    }

    private JsonObject Parameter(FieldDescriptor field, string place)
    {
        var schema = _schemas.Field(field);
        var parameter = new JsonObject { ["name"] = field.JsonName, ["in"] = place, ["required"] = place == "path", ["schema"] = schema };
        if (schema.Remove("description", out var description))
        {
            parameter["description"] = description;
        }

        return parameter;
    }

    private static (string Verb, string Template) Pattern(MethodDescriptor method, HttpRule rule) => rule.PatternCase switch
    {
        HttpRule.PatternOneofCase.Get => ("get", rule.Get),
        HttpRule.PatternOneofCase.Put => ("put", rule.Put),
        HttpRule.PatternOneofCase.Post => ("post", rule.Post),
        HttpRule.PatternOneofCase.Delete => ("delete", rule.Delete),
        HttpRule.PatternOneofCase.Patch => ("patch", rule.Patch),
        _ => throw new NotSupportedException($"{method.FullName}: {rule.PatternCase} is not described."),
    };

    private static string JsonName(MessageDescriptor message, string field) =>
        message.FindFieldByName(field)?.JsonName ?? throw new NotSupportedException($"{message.FullName}: {{{field}}} in a path is not a field.");

    private static JsonObject Answer(string description, JsonObject schema) => new() { ["description"] = description, ["content"] = Json(schema) };

    private static JsonObject Json(JsonObject schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    [GeneratedRegex(@"\{([^}]+)\}")]
    private static partial Regex Variable();
}
