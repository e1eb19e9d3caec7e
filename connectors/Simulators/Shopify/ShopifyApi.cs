using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using GraphQLParser.AST;
using StockAuthority.Connectors.Simulators.Control;

namespace StockAuthority.Connectors.Simulators.Shopify;

/// <summary>Shopify's GraphQL Admin API, as far as inventory is set and read.</summary>
internal static class ShopifyApi
{
    /// <summary>What one query may cost at most, whatever the bucket holds.</summary>
    private const double MostCost = 1000;
    private const double MutationCost = 10;
    private static readonly DateOnly OldestVersion = new(2026, 4, 1);

    public static void MapShopifyAdmin(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/admin/api/{version}/graphql.json", (Delegate)HandleAsync);

        // A sale in the shop, or somebody at its administration page.
        endpoints.MapPut("/simulator/shopify/levels", async (HttpContext context, ShopifyInventory inventory) =>
        {
            var level = await context.Request.ReadFromJsonAsync(ShopifyControlJson.Default.ShopLevel, context.RequestAborted);
            if (level is null)
            {
                return Results.BadRequest("inventory_item_id, location_id and available are needed.");
            }

            inventory.Set(level.InventoryItemId, level.LocationId, level.Available, null);
            return Results.NoContent();
        });
    }

    private static async Task<IResult> HandleAsync(
        string version, HttpContext context, ShopifyInventory inventory, ShopifyAnswers answers, CostBucket bucket, Faults faults, RequestLog log, SimulatorOptions options, TimeProvider clock)
    {
        var record = log.Begin(context);
        context.Response.Headers["X-Request-Id"] = Guid.NewGuid().ToString();
        await Task.Delay(faults.Latency, clock, context.RequestAborted);
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(context.Request.Headers["X-Shopify-Access-Token"].ToString()), Encoding.UTF8.GetBytes(options.AccessToken)))
        {
            return Plain(HttpStatusCode.Unauthorized, "[API] Invalid API key or access token (unrecognized login or wrong password)");
        }

        if (!DateOnly.TryParseExact(version, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month) || month < OldestVersion)
        {
            return Plain(HttpStatusCode.NotFound, "Not Found");
        }

        var requested = await RequestBodies.JsonAsync(context);
        record.IsWrite = requested is JsonObject && requested["query"] is JsonValue query && query.TryGetValue(out string? text) && text.TrimStart().StartsWith("mutation", StringComparison.Ordinal);
        if (record.IsWrite && faults.Current.UnanswerableIds.Any(id => requested!.ToJsonString().Contains($"\"{id}\"", StringComparison.Ordinal)))
        {
            return Results.StatusCode(StatusCodes.Status418ImATeapot);
        }

        var fault = faults.Next();
        switch (fault)
        {
            case null:
                return Json(Execute(requested, inventory, answers, bucket, faults, record));
            case { ApplyLaterMilliseconds: > 0 }:
                _ = Faults.LaterAsync(fault, clock, () => Execute(requested, inventory, answers, bucket, faults, record));
                return Failed(context, record, fault, bucket);
            case { Duplicate: true }:
                Execute(requested, inventory, answers, bucket, faults, record);
                return Json(Execute(requested, inventory, answers, bucket, faults, record));
            case { AfterApply: true }:
                // The change is made and only its answer is lost: what a retry with the same key is for.
                Execute(requested, inventory, answers, bucket, faults, record);
                return Failed(context, record, fault, bucket);
            default:
                return Failed(context, record, fault, bucket);
        }
    }

    private static JsonObject Execute(JsonNode? body, ShopifyInventory inventory, ShopifyAnswers answers, CostBucket bucket, Faults faults, RequestRecord record)
    {
        try
        {
            var request = GraphQLRequest.Parse(body);
            var cost = Cost(request);
            if (cost > MostCost)
            {
                throw new GraphQLError($"Query cost is {cost}, which exceeds the single query max cost limit ({MostCost}).", "MAX_COST_EXCEEDED");
            }

            var (taken, available) = bucket.Take(cost);
            if (!taken)
            {
                record.ErrorCode = "THROTTLED";
                return new JsonObject { ["errors"] = new JsonArray(new GraphQLError("Throttled", "THROTTLED").ToJson()), ["extensions"] = Extensions(bucket, cost, available) };
            }

            var data = new JsonObject();
            foreach (var root in request.Roots())
            {
                data[root.Name.StringValue] = (request.Operation.Operation, root.Name.StringValue) switch
                {
                    (OperationType.Mutation, "inventorySetQuantities") => request.Select(new SetQuantitiesMutation(inventory, answers, faults).Execute(request, root, record), root.SelectionSet),
                    (OperationType.Query, "nodes") => request.Select(Nodes(request, root, inventory, faults.ReadLag), root.SelectionSet),
                    var (operation, name) => throw new GraphQLError($"Field '{name}' doesn't exist on type '{(operation == OperationType.Mutation ? "Mutation" : "QueryRoot")}'", "undefinedField"),
                };
            }

            return new JsonObject { ["data"] = data, ["extensions"] = Extensions(bucket, cost, available) };
        }
        catch (GraphQLError error)
        {
            record.ErrorCode = error.Code;
            return new JsonObject { ["errors"] = new JsonArray(error.ToJson()) };
        }
    }

    private static List<object?> Nodes(GraphQLRequest request, GraphQLField field, ShopifyInventory inventory, TimeSpan lag)
    {
        var ids = request.Argument(field.Arguments, "ids") as JsonArray ?? throw new GraphQLError("Field 'nodes' is missing required arguments: ids", "missingRequiredArguments");
        return [.. ids.Select(id => (string?)id).Select(id => (object?)(id?.StartsWith("gid://shopify/InventoryItem/", StringComparison.Ordinal) == true ? Item(request, id, inventory, lag) : null))];
    }

    private static GraphQLObject Item(GraphQLRequest request, string id, ShopifyInventory inventory, TimeSpan lag) => Object("InventoryItem",
        ("id", _ => id),
        ("inventoryLevel", level => (string?)request.Argument(level.Arguments, "locationId") is { } location
            ? Object("InventoryLevel", ("quantities", _ => new List<object?>
            {
                Object("InventoryQuantity", ("name", _ => "available"), ("quantity", _ => inventory.Visible(id, location, lag))),
            }))
            : throw new GraphQLError("Field 'inventoryLevel' is missing required arguments: locationId", "missingRequiredArguments")));

    private static GraphQLObject Object(string type, params (string Name, Func<GraphQLField, object?> Resolve)[] fields) =>
        new(type, fields.ToDictionary(field => field.Name, field => field.Resolve, StringComparer.Ordinal));

    /// <summary>Ten for a mutation; for a query one for each object that it can answer with.</summary>
    private static double Cost(GraphQLRequest request) => request.Operation.Operation == OperationType.Mutation
        ? MutationCost
        : request.Roots().Sum(root => Math.Max(1, (request.Argument(root.Arguments, "ids") as JsonArray)?.Count ?? 1) * Objects(root.SelectionSet));

    private static double Objects(GraphQLSelectionSet? selections) => 1 + (selections?.Selections ?? []).Sum(selection => selection switch
    {
        GraphQLField { SelectionSet: { } nested } => Objects(nested),
        GraphQLInlineFragment fragment => Objects(fragment.SelectionSet) - 1,
        _ => 0,
    });

    private static JsonObject Extensions(CostBucket bucket, double cost, double available) => new()
    {
        ["cost"] = new JsonObject
        {
            ["requestedQueryCost"] = cost,
            ["throttleStatus"] = new JsonObject { ["maximumAvailable"] = bucket.Maximum, ["currentlyAvailable"] = available, ["restoreRate"] = bucket.RestoreRate },
        },
    };

    private static IResult Failed(HttpContext context, RequestRecord record, Fault fault, CostBucket bucket)
    {
        if (fault.Broken(context) is { } broken)
        {
            return broken;
        }

        record.ErrorCode = fault.ErrorCode ?? record.ErrorCode;
        return fault.ErrorCode is { } code
            ? Json(new JsonObject { ["errors"] = new JsonArray(new GraphQLError("An injected fault.", code).ToJson()), ["extensions"] = Extensions(bucket, MutationCost, code == "THROTTLED" ? 0 : bucket.Take(0).Available) })
            : Plain((HttpStatusCode)fault.Status, "An injected fault.");
    }

    private static IResult Plain(HttpStatusCode status, string text) => Json(new JsonObject { ["errors"] = text }, status);

    private static IResult Json(JsonObject body, HttpStatusCode status = HttpStatusCode.OK) => Results.Text(body.ToJsonString(), "application/json", Encoding.UTF8, (int)status);
}
