using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc;
using StockAuthority.Connectors.Simulators.Control;

namespace StockAuthority.Connectors.Simulators.Amazon;

/// <summary>Amazon's Listings Items API (2021-08-01), as far as fulfilment availability is patched and read, with Login with Amazon before it.</summary>
internal static class AmazonApi
{
    private const int TokenSeconds = 3600;

    public static void MapAmazonListings(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/auth/o2/token", (Delegate)TokenAsync);
        endpoints.MapMethods("/listings/2021-08-01/items/{sellerId}/{sku}", ["PATCH", "GET"], (Delegate)HandleAsync);
    }

    private static async Task<IResult> TokenAsync(HttpContext context, AmazonListings listings, SimulatorOptions options)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (form["grant_type"] != "refresh_token" || form["refresh_token"] != options.AccessToken)
        {
            listings.CountRefusedGrant();
            return AmazonAnswer.Json(HttpStatusCode.BadRequest, new JsonObject { ["error"] = "invalid_grant", ["error_description"] = "The request has an invalid grant parameter : refresh_token" });
        }

        return AmazonAnswer.Json(HttpStatusCode.OK, new JsonObject { ["access_token"] = listings.NewToken(), ["token_type"] = "bearer", ["expires_in"] = TokenSeconds, ["refresh_token"] = options.AccessToken });
    }

    private static async Task<IResult> HandleAsync(
        string sellerId, [FromRoute(Name = "sku")] string escapedSku, HttpContext context, AmazonListings listings, AmazonPace pace, Faults faults, RequestLog log, TimeProvider clock)
    {
        // Routing leaves this one escaped, and a SKU may have it.
        var sku = escapedSku.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var record = log.Begin(context);
        record.IsWrite = context.Request.Method == "PATCH";
        await Task.Delay(faults.Latency, clock, context.RequestAborted);
        if (AmazonAnswer.Turned(context, record.IsWrite ? AmazonPace.Patch : AmazonPace.Get, pace, listings) is { } turned)
        {
            return turned;
        }

        if (context.Request.Query["marketplaceIds"].Count == 0)
        {
            return AmazonAnswer.Error(HttpStatusCode.BadRequest, "InvalidInput", "'marketplaceIds' is required.");
        }

        if (!record.IsWrite)
        {
            return faults.Named($"GET {context.Request.Path}") is { } named ? AmazonAnswer.Failed(context, named) : Read(sellerId, sku, listings, faults.Current);
        }

        if (faults.Current.UnanswerableIds.Contains(sku, StringComparer.Ordinal))
        {
            return Results.StatusCode(StatusCodes.Status418ImATeapot);
        }

        var fault = faults.Next($"PATCH {context.Request.Path}");
        var body = await RequestBodies.JsonAsync(context);
        IResult Handle() => Patch(sellerId, sku, body, listings, faults, record, clock, log);
        switch (fault)
        {
            case null:
                return Handle();
            case { ApplyLaterMilliseconds: > 0 }:
                // Not by the method of the request: when this happens, the request is over.
                _ = Faults.LaterAsync(fault, clock, () => Handle());
                return AmazonAnswer.Failed(context, fault);
            case { Duplicate: true }:
                Handle();
                return Handle();
            case { AfterApply: true }:
                Handle();
                return AmazonAnswer.Failed(context, fault);
            default:
                return AmazonAnswer.Failed(context, fault);
        }
    }

    private static IResult Read(string sellerId, string sku, AmazonListings listings, Fault fault) => fault.UnlistedSkus.Contains(sku, StringComparer.Ordinal)
        ? AmazonAnswer.Error(HttpStatusCode.NotFound, "NOT_FOUND", $"SKU '{sku}' not found in marketplace")
        : AmazonAnswer.Json(HttpStatusCode.OK, new JsonObject { ["sku"] = sku, ["fulfillmentAvailability"] = listings.Availability(sellerId, sku) });

    private static IResult Patch(string sellerId, string sku, JsonNode? body, AmazonListings listings, Faults faults, RequestRecord record, TimeProvider clock, RequestLog log)
    {
        if (AvailabilityChange.Read(body) is not { } changes)
        {
            return AmazonAnswer.Error(HttpStatusCode.BadRequest, "InvalidInput", "The body is not a ListingsItemPatchRequest, or the patch is not understood.");
        }

        record.Changes = changes.Count;
        if (AvailabilityChange.Issue(sku, changes, faults.Current) is var (code, message))
        {
            return AmazonAnswer.Json(HttpStatusCode.OK, new JsonObject
            {
                ["sku"] = sku,
                ["status"] = "INVALID",
                ["submissionId"] = Guid.NewGuid().ToString("N"),
                ["issues"] = new JsonArray(new JsonObject { ["code"] = code, ["message"] = message, ["severity"] = "ERROR", ["attributeNames"] = new JsonArray("fulfillment_availability") }),
            });
        }

        AvailabilityChange.Apply(sellerId, sku, changes, listings, faults.Current, log, clock);
        return AmazonAnswer.Json(HttpStatusCode.OK, new JsonObject { ["sku"] = sku, ["status"] = "ACCEPTED", ["submissionId"] = Guid.NewGuid().ToString("N"), ["issues"] = new JsonArray() });
    }
}
