using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc;
using StockAuthority.Connectors.Simulators.Control;
using StockAuthority.Connectors.Simulators.Square;

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
            return Json(HttpStatusCode.BadRequest, new JsonObject { ["error"] = "invalid_grant", ["error_description"] = "The request has an invalid grant parameter : refresh_token" });
        }

        return Json(HttpStatusCode.OK, new JsonObject { ["access_token"] = listings.NewToken(), ["token_type"] = "bearer", ["expires_in"] = TokenSeconds, ["refresh_token"] = options.AccessToken });
    }

    private static async Task<IResult> HandleAsync(
        string sellerId, [FromRoute(Name = "sku")] string escapedSku, HttpContext context, AmazonListings listings, AmazonPace pace, Faults faults, RequestLog log, TimeProvider clock)
    {
        // Routing leaves this one escaped, and a SKU may have it.
        var sku = escapedSku.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var record = log.Begin(context);
        record.IsWrite = context.Request.Method == "PATCH";
        context.Response.OnCompleted(() =>
        {
            record.Status = context.Response.StatusCode;
            return Task.CompletedTask;
        });
        context.Response.Headers["x-amzn-RequestId"] = Guid.NewGuid().ToString();
        context.Response.Headers["x-amzn-RateLimit-Limit"] = AmazonPace.RequestsPerSecond.ToString("0.0", CultureInfo.InvariantCulture);
        await Task.Delay(faults.Latency, clock, context.RequestAborted);
        if (!pace.Take())
        {
            return Error(HttpStatusCode.TooManyRequests, "QuotaExceeded", "You exceeded your quota for the requested resource.");
        }

        if (!listings.IsToken(context.Request.Headers["x-amz-access-token"].ToString()))
        {
            return Error(HttpStatusCode.Forbidden, "Unauthorized", "Access to requested resource is denied.");
        }

        if (context.Request.Query["marketplaceIds"].Count == 0)
        {
            return Error(HttpStatusCode.BadRequest, "InvalidInput", "'marketplaceIds' is required.");
        }

        var fault = faults.Next();
        var body = context.Request.Method == "GET" ? null : await BodyAsync(context);
        IResult Handle() => context.Request.Method == "GET" ? Read(sellerId, sku, listings) : Patch(sellerId, sku, body, listings, faults, record, clock, log);
        switch (fault)
        {
            case null:
                return Handle();
            case { ApplyLaterMilliseconds: > 0 }:
                // Not by the method of the request: when this happens, the request is over.
                _ = body is null ? Task.CompletedTask : Faults.LaterAsync(fault, clock, () => Patch(sellerId, sku, body, listings, faults, record, clock, log));
                return Failed(context, fault);
            case { Duplicate: true }:
                Handle();
                return Handle();
            case { AfterApply: true }:
                Handle();
                return Failed(context, fault);
            default:
                return Failed(context, fault);
        }
    }

    private static IResult Read(string sellerId, string sku, AmazonListings listings) => listings.Of(sellerId, sku) is { Count: > 0 } channels
        ? Json(HttpStatusCode.OK, new JsonObject
        {
            ["sku"] = sku,
            ["fulfillmentAvailability"] = new JsonArray([.. channels.Select(channel => new JsonObject { ["fulfillmentChannelCode"] = channel.Key, ["quantity"] = channel.Value })]),
        })
        : Error(HttpStatusCode.NotFound, "NOT_FOUND", $"SKU '{sku}' not found in marketplace");

    private static IResult Patch(string sellerId, string sku, JsonNode? body, AmazonListings listings, Faults faults, RequestRecord record, TimeProvider clock, RequestLog log)
    {
        List<(string Channel, long Quantity)> changes = [];
        try
        {
            _ = (string)body!["productType"]!;
            foreach (var patch in body["patches"]!.AsArray())
            {
                if ((string?)patch!["op"] is not ("merge" or "replace" or "add") || (string?)patch["path"] != "/attributes/fulfillment_availability")
                {
                    return Error(HttpStatusCode.BadRequest, "InvalidInput", "The patch is not understood.");
                }

                changes.AddRange(patch["value"]!.AsArray().Select(value => ((string)value!["fulfillment_channel_code"]!, (long)value["quantity"]!)));
            }
        }
        catch (Exception failure) when (failure is InvalidOperationException or FormatException or NullReferenceException or ArgumentNullException)
        {
            return Error(HttpStatusCode.BadRequest, "InvalidInput", "The body is not a ListingsItemPatchRequest.");
        }

        record.Changes = changes.Count;
        if (changes.Any(change => change.Quantity < 0) || faults.Current.RefusedInventoryItemIds.Contains(sku, StringComparer.Ordinal))
        {
            return Json(HttpStatusCode.OK, new JsonObject
            {
                ["sku"] = sku,
                ["status"] = "INVALID",
                ["submissionId"] = Guid.NewGuid().ToString("N"),
                ["issues"] = new JsonArray(new JsonObject { ["code"] = "4000002", ["message"] = "'quantity' is not valid.", ["severity"] = "ERROR", ["attributeNames"] = new JsonArray("fulfillment_availability") }),
            });
        }

        foreach (var (channel, quantity) in changes)
        {
            listings.Set(sellerId, sku, channel, quantity);
            log.Applied(new CountChange(sku, channel, quantity, clock.GetUtcNow(), null));
        }

        return Json(HttpStatusCode.OK, new JsonObject { ["sku"] = sku, ["status"] = "ACCEPTED", ["submissionId"] = Guid.NewGuid().ToString("N"), ["issues"] = new JsonArray() });
    }

    private static IResult Failed(HttpContext context, Fault fault)
    {
        if (fault.Reset)
        {
            context.Abort();
            return Results.Empty;
        }

        if (fault.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        return Error((HttpStatusCode)Math.Max(fault.Status, 400), fault.Status == 429 ? "QuotaExceeded" : "InternalFailure", "An injected fault.");
    }

    private static IResult Error(HttpStatusCode status, string code, string message) =>
        Json(status, new JsonObject { ["errors"] = new JsonArray(new JsonObject { ["code"] = code, ["message"] = message, ["details"] = "" }) });

    private static IResult Json(HttpStatusCode status, JsonObject body) => Results.Text(body.ToJsonString(), "application/json", System.Text.Encoding.UTF8, (int)status);

    private static async Task<JsonNode?> BodyAsync(HttpContext context)
    {
        try
        {
            return await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
