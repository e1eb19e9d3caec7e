using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Google.Api;
using Google.Protobuf.Reflection;
using Shouldly;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.OpenApi;

/// <summary>The document says what the JSON API does.</summary>
public sealed class OpenApiTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task Every_call_with_a_rule_is_described_at_its_path()
    {
        var document = await DocumentAsync();
        document["openapi"]!.GetValue<string>().ShouldStartWith("3.");
        foreach (var method in RuledMethods)
        {
            var rule = method.GetOptions().GetExtension(AnnotationsExtensions.Http);
            var (path, verb) = rule.Get.Length > 0 ? (rule.Get, "get") : rule.Put.Length > 0 ? (rule.Put, "put") : (rule.Post, "post");
            var described = document["paths"]!.AsObject().Single(each => Shape(each.Key) == Shape(path)).Value![verb].ShouldNotBeNull(method.FullName);
            described["operationId"]!.GetValue<string>().ShouldBe($"{method.Service.Name}_{method.Name}");
            described["description"]!.GetValue<string>().Length.ShouldBeGreaterThan(40, method.FullName);
        }

        Operations(document).Count().ShouldBe(RuledMethods.Count());
    }

    [Fact]
    public async Task Every_reference_resolves_and_every_path_variable_is_a_parameter()
    {
        var document = await DocumentAsync();
        var references = Nodes(document).OfType<JsonObject>().Select(each => each["$ref"]).OfType<JsonValue>().Select(each => each.GetValue<string>()).ToList();
        references.ShouldNotBeEmpty();
        foreach (var reference in references)
        {
            Resolve(document, reference).ShouldNotBeNull(reference);
        }

        foreach (var (path, operation) in Operations(document))
        {
            var variables = path.Split('{').Skip(1).Select(part => part.Split('}')[0]);
            operation["parameters"]!.AsArray().Where(each => each!["in"]!.GetValue<string>() == "path").Select(each => each!["name"]!.GetValue<string>())
                .ShouldBe(variables, ignoreOrder: true);
        }

        Operations(document).Select(each => each.Operation["operationId"]!.GetValue<string>()).ShouldBeUnique();
    }

    [Fact]
    public async Task Calls_made_by_the_document_are_answered_as_it_says()
    {
        var document = await DocumentAsync();
        var sku = await ledger.OpenAsync(3);
        var order = New("order");
        var body = new JsonObject
        {
            ["idempotencyKey"] = New("key"),
            ["orderRef"] = order,
            ["ttl"] = "900s",
            ["lines"] = new JsonArray(new JsonObject { ["sku"] = sku, ["locationId"] = Ledger.Location, ["quantity"] = "2" }),
        };
        Fits(document, document["paths"]!["/v1/tenants/{tenantId}/reservations"]!["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!, body);

        var reserved = await CallAsync(document, "/v1/tenants/{tenantId}/reservations", "post", "200", body);
        reserved["levels"]![0]!["available"]!.GetValue<string>().ShouldBe("1");

        body["idempotencyKey"] = New("key");
        var refused = await CallAsync(document, "/v1/tenants/{tenantId}/reservations", "post", "default", body);
        refused["details"]!.AsArray().ShouldContain(each => each!["@type"]!.GetValue<string>().EndsWith("StockShortages", StringComparison.Ordinal));

        var before = Uri.EscapeDataString(TimeProvider.System.GetUtcNow().AddDays(1).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture));
        var listed = await CallAsync(
            document, "/v1/tenants/{tenantId}/reservations", "get", "200", null, $"?orderRef={order}&state=RESERVATION_STATE_ACTIVE&expireBefore={before}&pageSize=5");
        listed["reservations"]!.AsArray().ShouldHaveSingleItem();

        var levels = await CallAsync(document, "/v1/tenants/{tenantId}/availability", "get", "200", null, $"?sku={sku}");
        levels["levels"]!.AsArray().ShouldHaveSingleItem();
    }

    private static IEnumerable<MethodDescriptor> RuledMethods => new[]
    {
        InventoryServiceReflection.Descriptor,
        CatalogueServiceReflection.Descriptor,
        PaymentEventServiceReflection.Descriptor,
        ChangefeedServiceReflection.Descriptor,
        ExceptionServiceReflection.Descriptor,
        PostingServiceReflection.Descriptor,
        ChannelServiceReflection.Descriptor,
    }.SelectMany(file => file.Services).SelectMany(service => service.Methods).Where(method => method.GetOptions()?.HasExtension(AnnotationsExtensions.Http) == true);

    private async Task<JsonObject> DocumentAsync()
    {
        using var anonymous = new HttpClient { BaseAddress = ledger.Server.Http };
        return JsonNode.Parse(await anonymous.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative)))!.AsObject();
    }

    private async Task<JsonNode> CallAsync(JsonObject document, string path, string verb, string response, JsonNode? body, string query = "")
    {
        using var http = new HttpClient { BaseAddress = ledger.Server.Http };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TestTokens.ForTenantAsync(Tenant));
        using var request = new HttpRequestMessage(HttpMethod.Parse(verb), new Uri(path.Replace("{tenantId}", Tenant, StringComparison.Ordinal) + query, UriKind.Relative));
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        (answer.StatusCode == HttpStatusCode.OK).ShouldBe(response == "200", text);
        var described = document["paths"]![path]![verb]!["responses"]![response]!;
        if (described["$ref"] is { } reference)
        {
            described = Resolve(document, reference.GetValue<string>())!;
        }

        var json = JsonNode.Parse(text)!;
        Fits(document, described["content"]!["application/json"]!["schema"]!, json);
        return json;
    }

    /// <summary>As much of JSON Schema as the document uses; what it does not describe does not fit.</summary>
    private static void Fits(JsonObject document, JsonNode schema, JsonNode? value)
    {
        if (schema["$ref"] is { } reference)
        {
            Fits(document, Resolve(document, reference.GetValue<string>())!, value);
        }
        else if (schema["allOf"] is JsonArray all)
        {
            Fits(document, all.Single()!, value);
        }
        else
        {
            FitsType(document, schema, value.ShouldNotBeNull());
        }
    }

    private static void FitsType(JsonObject document, JsonNode schema, JsonNode value)
    {
        switch (schema["type"]!.GetValue<string>())
        {
            case "object":
                foreach (var (name, member) in value.AsObject())
                {
                    if (schema["properties"]?[name] is { } property)
                    {
                        Fits(document, property, member);
                    }
                    else
                    {
                        schema["additionalProperties"].ShouldNotBeNull($"{name} is not described");
                    }
                }

                break;
            case "array":
                foreach (var item in value.AsArray())
                {
                    Fits(document, schema["items"]!, item);
                }

                break;
            case "string":
                var text = value.GetValue<string>();
                if (schema["enum"] is JsonArray names)
                {
                    names.Select(name => name!.GetValue<string>()).ShouldContain(text);
                }

                if (schema["format"]?.GetValue<string>() == "int64")
                {
                    long.TryParse(text, out _).ShouldBeTrue(text);
                }

                break;
            default:
                value.GetValueKind().ToString().ShouldBe(schema["type"]!.GetValue<string>() == "boolean" ? "True" : "Number");
                break;
        }
    }

    private static JsonNode? Resolve(JsonObject document, string reference) =>
        reference.Split('/').Skip(1).Aggregate((JsonNode?)document, (node, name) => node?[name]);

    private static IEnumerable<(string Path, JsonObject Operation)> Operations(JsonObject document) =>
        document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => (path.Key, operation.Value!.AsObject())));

    private static IEnumerable<JsonNode> Nodes(JsonNode node) => node switch
    {
        JsonObject members => members.Select(each => each.Value).OfType<JsonNode>().SelectMany(Nodes).Prepend(node),
        JsonArray items => items.OfType<JsonNode>().SelectMany(Nodes).Prepend(node),
        _ => [node],
    };

    private static string Shape(string path) => string.Join("{}", path.Split('{').Select((part, index) => index == 0 ? part : part[(part.IndexOf('}', StringComparison.Ordinal) + 1)..]));
}
