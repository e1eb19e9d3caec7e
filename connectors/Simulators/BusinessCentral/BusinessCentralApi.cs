using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using StockAuthority.Connectors.Simulators.Control;
using StockAuthority.Connectors.Simulators.Square;

namespace StockAuthority.Connectors.Simulators.BusinessCentral;

/// <summary>
/// Business Central's API v2.0 of one company, as far as journals are posted and ledgers read, with Entra's token endpoint before it
/// (https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/).
/// </summary>
internal static class BusinessCentralApi
{
    private const int TokenSeconds = 3599;

    public static void MapBusinessCentral(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/{directory}/oauth2/v2.0/token", (Delegate)TokenAsync);
        foreach (var service in (string[])[CompanyRequests.Standard, CompanyRequests.Extension])
        {
            endpoints.Map($"/v2.0/{{directory}}/{{environment}}/api/{service}/{{**path}}", (string path, HttpContext context) => HandleAsync(service, path, context));
        }

        endpoints.MapPut("/simulator/business-central", async (HttpContext context, CompanyBooks books) =>
        {
            var setup = await context.Request.ReadFromJsonAsync(BusinessCentralControlJson.Default.CompanySetup, context.RequestAborted);
            books.Setup = setup ?? books.Setup;
            return Results.NoContent();
        });
        endpoints.MapPost("/simulator/business-central/revoke-tokens", (AccessTokens tokens) => tokens.RevokeAll());
        endpoints.MapGet("/simulator/business-central", (CompanyBooks books, AccessTokens tokens) => Json(HttpStatusCode.OK, new JsonObject
        {
            ["general_ledger_entries"] = Copies(books.State.GeneralLedger),
            ["item_ledger_entries"] = Copies(books.State.ItemLedger),
            ["journal_lines"] = Copies(books.State.Journals.SelectMany(journal => journal.Lines)),
            ["tokens_granted"] = tokens.Granted,
        }));
    }

    private static JsonArray Copies(IEnumerable<JsonObject> entities) => new([.. entities.Select(each => each.DeepClone())]);

    private static async Task<IResult> TokenAsync(HttpContext context, AccessTokens tokens, SimulatorOptions options, TimeProvider clock)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (form["grant_type"] != "client_credentials" || form["scope"].ToString().Length == 0 || form["client_id"].ToString().Length == 0)
        {
            return Json(HttpStatusCode.BadRequest, new JsonObject { ["error"] = "invalid_request", ["error_description"] = "AADSTS900144: The request body must contain grant_type, client_id and scope." });
        }

        return form["client_secret"] == options.AccessToken
            ? Json(HttpStatusCode.OK, new JsonObject { ["token_type"] = "Bearer", ["expires_in"] = TokenSeconds, ["ext_expires_in"] = TokenSeconds, ["access_token"] = tokens.Grant() })
            : Json(HttpStatusCode.Unauthorized, new JsonObject
            {
                ["error"] = "invalid_client",
                ["error_description"] = "AADSTS7000215: Invalid client secret provided.",
                ["error_codes"] = new JsonArray(7000215),
                ["timestamp"] = clock.GetUtcNow().ToString("u", CultureInfo.InvariantCulture),
            });
    }

    private static async Task<IResult> HandleAsync(string service, string path, HttpContext context)
    {
        var services = context.RequestServices;
        var (faults, clock) = (services.GetRequiredService<Faults>(), services.GetRequiredService<TimeProvider>());
        var record = services.GetRequiredService<RequestLog>().Begin(context);
        var body = await BodyAsync(context);
        await Task.Delay(faults.Latency, clock, context.RequestAborted);
        if (services.GetRequiredService<RequestPace>().SecondsToWait() is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return Json(HttpStatusCode.TooManyRequests, new ODataError(HttpStatusCode.TooManyRequests, "Application_TooManyRequests", "Too many requests reached.").ToJson());
        }

        var authorization = context.Request.Headers.Authorization.ToString();
        if (!authorization.StartsWith("Bearer ", StringComparison.Ordinal) || !services.GetRequiredService<AccessTokens>().IsGood(authorization["Bearer ".Length..]))
        {
            return Json(HttpStatusCode.Unauthorized, new ODataError(HttpStatusCode.Unauthorized, "Authentication_InvalidCredentials", "The server has rejected the client credentials.").ToJson());
        }

        var fault = faults.Next($"{context.Request.Method} {path}");
        if (fault is { AfterApply: false, ApplyLaterMilliseconds: 0, Duplicate: false })
        {
            return Failed(context, fault);
        }

        // A server goes on with a request whose caller has gone.
        await Task.Delay(TimeSpan.FromMilliseconds(fault?.ApplyLaterMilliseconds ?? 0), clock, CancellationToken.None);
        var answer = Answer(service, path, context, body, services);
        answer = fault is { Duplicate: true } ? Answer(service, path, context, body, services) : answer;
        return fault is { AfterApply: true } ? Failed(context, fault) : Json(answer.Status, answer.Body);
    }

    private static (HttpStatusCode Status, JsonObject? Body) Answer(string service, string path, HttpContext context, JsonNode? body, IServiceProvider services)
    {
        var books = services.GetRequiredService<CompanyBooks>();
        var requests = services.GetRequiredService<CompanyRequests>();
        var address = $"{context.Request.Scheme}://{context.Request.Host}{context.Request.Path}";
        var lag = services.GetRequiredService<Faults>().ReadLag;

        // Where an administrator has set the pages to read from a replica, only the header still asks for the database itself.
        var replica = lag > TimeSpan.Zero && context.Request.Headers["Data-Access-Intent"] != "ReadWrite" ? books.Behind(lag) : null;
        try
        {
            if (path == "$batch")
            {
                return (HttpStatusCode.OK, Batch(service, body, address, context.Request.Headers["Isolation"] == "snapshot", books, requests));
            }

            var request = new CompanyRequest(
                context.Request.Method, service, path, context.Request.QueryString.Value ?? "", context.Request.Headers.IfMatch.ToString(), body as JsonObject, replica);
            return books.Change(state =>
            {
                var (after, status, answer) = requests.Execute(state, request, address);
                return (after, (status, answer));
            });
        }
        catch (ODataError error)
        {
            return (error.Status, error.ToJson());
        }
    }

    /// <summary>JSON batch requests: in order, until one fails. With isolation, what came before it is undone.</summary>
    private static JsonObject Batch(string service, JsonNode? body, string address, bool isTransaction, CompanyBooks books, CompanyRequests requests)
    {
        var operations = body?["requests"] as JsonArray ?? throw ODataError.Bad("Invalid Request Body");
        if (operations.Count > 100)
        {
            throw ODataError.Bad("The current batch message contains too many parts. A maximum of 100 is allowed.");
        }

        return books.Change(before =>
        {
            var state = before;
            var responses = new JsonArray();
            foreach (var operation in operations.OfType<JsonObject>())
            {
                var url = operation["url"]?.ToString() ?? "";
                var request = new CompanyRequest(
                    operation["method"]?.ToString() ?? "", service, url.Split('?')[0], url.Contains('?') ? url[url.IndexOf('?')..] : "", operation["headers"]?["If-Match"]?.ToString() ?? "", operation["body"] as JsonObject, null);
                try
                {
                    (state, var status, var answer) = requests.Execute(state, request, address);
                    responses.Add(new JsonObject { ["id"] = operation["id"]?.DeepClone(), ["status"] = (int)status, ["headers"] = new JsonObject(), ["body"] = answer });
                }
                catch (ODataError error)
                {
                    responses.Add(new JsonObject { ["id"] = operation["id"]?.DeepClone(), ["status"] = (int)error.Status, ["headers"] = new JsonObject(), ["body"] = error.ToJson() });
                    return (isTransaction ? before : state, new JsonObject { ["responses"] = responses });
                }
            }

            return (state, new JsonObject { ["responses"] = responses });
        });
    }

    private static IResult Failed(HttpContext context, Fault fault)
    {
        if (fault.Broken(context) is { } broken)
        {
            return broken;
        }

        var status = (HttpStatusCode)Math.Max(fault.Status, 400);
        return Json(status, new ODataError(status, fault.ErrorCode ?? (fault.Status == 429 ? "Application_TooManyRequests" : "Internal_ServerError"), "An injected fault.").ToJson());
    }

    private static IResult Json(HttpStatusCode status, JsonObject? body) =>
        body is null ? Results.StatusCode((int)status) : Results.Text(body.ToJsonString(), "application/json", Encoding.UTF8, (int)status);

    private static async Task<JsonNode?> BodyAsync(HttpContext context)
    {
        try
        {
            return context.Request.ContentLength is null or 0 ? null : await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(CompanySetup))]
internal sealed partial class BusinessCentralControlJson : JsonSerializerContext;
