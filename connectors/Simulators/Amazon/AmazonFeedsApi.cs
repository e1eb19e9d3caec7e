using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using StockAuthority.Connectors.Simulators.Control;

namespace StockAuthority.Connectors.Simulators.Amazon;

/// <summary>
/// Amazon's Feeds API (2021-06-30) for JSON_LISTINGS_FEED. PUT /simulator/amazon/feeds says how feeds are worked off. createFeed meets all faults; the others those
/// that name them.
/// </summary>
internal static class AmazonFeedsApi
{
    private const string FeedType = "JSON_LISTINGS_FEED";
    private const int DocumentSizeBytes = 10 * 1024 * 1024;
    private const string Base = "/feeds/2021-06-30/";

    public static void MapAmazonFeeds(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost(Base + "documents", (Delegate)CreateDocumentAsync);
        endpoints.MapPut("/simulator/amazon/feed-uploads/{documentId}", (Delegate)UploadAsync);
        endpoints.MapPost(Base + "feeds", (Delegate)CreateAsync);
        endpoints.MapGet(Base + "feeds", (HttpContext context, AmazonFeedStore store, AmazonListings listings, AmazonPace pace, Faults faults, RequestLog log) =>
            Turned(context, AmazonPace.GetFeeds, pace, listings, faults, log) ?? List(context, store));
        endpoints.MapGet(Base + "feeds/{feedId}", (string feedId, HttpContext context, AmazonFeedStore store, AmazonListings listings, AmazonPace pace, Faults faults, RequestLog log) =>
            Turned(context, AmazonPace.GetFeed, pace, listings, faults, log)
            ?? (store.Feeds.FirstOrDefault(feed => feed.FeedId == feedId) is { } feed ? AmazonAnswer.Json(HttpStatusCode.OK, Shown(feed)) : NotFound()));
        endpoints.MapGet(Base + "documents/{documentId}", (string documentId, HttpContext context, AmazonFeedStore store, AmazonListings listings, AmazonPace pace, Faults faults, RequestLog log) =>
            Turned(context, AmazonPace.GetFeedDocument, pace, listings, faults, log)
            ?? (store.Report(documentId) is null ? NotFound() : AmazonAnswer.Json(HttpStatusCode.OK, new JsonObject
            {
                ["feedDocumentId"] = documentId,
                ["url"] = Address(context, "feed-results", documentId),
                ["compressionAlgorithm"] = "GZIP",
            })));
        endpoints.MapGet("/simulator/amazon/feed-results/{documentId}", (string documentId, HttpContext context, AmazonFeedStore store) =>
            context.Request.Headers.ContainsKey("x-amz-access-token") ? Results.BadRequest("Only one auth mechanism is allowed.")
            : store.Report(documentId) is { } report ? Results.Bytes(report, "application/json") : Results.NotFound());
        endpoints.MapPut("/simulator/amazon/feeds", async (HttpContext context, AmazonFeedStore store) =>
        {
            store.Treat(await context.Request.ReadFromJsonAsync<FeedTreatment>(new System.Text.Json.JsonSerializerOptions { PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower }, context.RequestAborted) ?? new FeedTreatment());
            return Results.NoContent();
        });
    }

    private static async Task<IResult> CreateDocumentAsync(HttpContext context, AmazonFeedStore store, AmazonListings listings, AmazonPace pace, Faults faults, RequestLog log)
    {
        if (Turned(context, AmazonPace.CreateFeedDocument, pace, listings, faults, log) is { } turned)
        {
            return turned;
        }

        var body = await RequestBodies.JsonAsync(context);
        if ((string?)body?["contentType"] is not { Length: > 0 } contentType)
        {
            return Invalid();
        }

        var documentId = store.CreateDocument(contentType);
        return AmazonAnswer.Json(HttpStatusCode.Created, new JsonObject { ["feedDocumentId"] = documentId, ["url"] = Address(context, "feed-uploads", documentId) });
    }

    private static async Task<IResult> UploadAsync(string documentId, HttpContext context, AmazonFeedStore store, Faults faults)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = DocumentSizeBytes;
        if (faults.Named($"PUT {context.Request.Path}") is { } fault)
        {
            return AmazonAnswer.Failed(context, fault);
        }

        using var content = new MemoryStream();
        await context.Request.Body.CopyToAsync(content, context.RequestAborted);
        return context.Request.Headers.ContainsKey("x-amz-access-token") ? Results.BadRequest("Only one auth mechanism is allowed.")
            : store.TryUpload(documentId, context.Request.ContentType, content.ToArray()) ? Results.Ok()
            : Results.StatusCode(StatusCodes.Status403Forbidden);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, AmazonFeedStore store, AmazonListings listings, AmazonPace pace, Faults faults, RequestLog log, TimeProvider clock)
    {
        var record = log.Begin(context);
        record.IsWrite = true;
        if (AmazonAnswer.Turned(context, AmazonPace.CreateFeed, pace, listings) is { } turned)
        {
            return turned;
        }

        var fault = faults.Next($"POST {context.Request.Path}");
        var body = await RequestBodies.JsonAsync(context);
        if ((string?)body?["feedType"] != FeedType || body["marketplaceIds"] is not JsonArray { Count: > 0 and <= 25 } marketplaces || (string?)body["inputFeedDocumentId"] is not { } documentId)
        {
            return Invalid();
        }

        AmazonFeedStore.Feed? Create() => store.Create(documentId, [.. marketplaces.Select(marketplace => (string)marketplace!)]);
        switch (fault)
        {
            case { ApplyLaterMilliseconds: > 0 }:
                _ = Faults.LaterAsync(fault, clock, () => Create());
                return AmazonAnswer.Failed(context, fault);
            case { AfterApply: true }:
                Create();
                return AmazonAnswer.Failed(context, fault);
            case { Duplicate: false }:
                return AmazonAnswer.Failed(context, fault);
            default:
                if (fault is not null)
                {
                    Create();
                }

                return Create() is { } feed ? AmazonAnswer.Json(HttpStatusCode.Accepted, new JsonObject { ["feedId"] = feed.FeedId }) : Invalid();
        }
    }

    private static IResult List(HttpContext context, AmazonFeedStore store)
    {
        var query = context.Request.Query;
        var (statuses, since, most, from) = (query["processingStatuses"].ToString(), query["createdSince"].ToString(), query["pageSize"].ToString(), 0);
        if (query["nextToken"].ToString() is { Length: > 0 } token)
        {
            string[] parts = token.Split('|');
            (statuses, since, most, from) = (parts[0], parts[1], parts[2], int.Parse(parts[3], CultureInfo.InvariantCulture));
        }
        else if (query["feedTypes"] != FeedType)
        {
            return Invalid();
        }

        var size = most.Length == 0 ? 10 : int.Parse(most, CultureInfo.InvariantCulture);
        var earliest = since.Length == 0 ? DateTimeOffset.MinValue : DateTimeOffset.Parse(since, CultureInfo.InvariantCulture);
        AmazonFeedStore.Feed[] found =
            [.. store.Feeds.Where(feed => feed.CreatedTime >= earliest && (statuses.Length == 0 || statuses.Split(',').Contains(feed.ProcessingStatus, StringComparer.Ordinal))).Skip(from)];
        var answer = new JsonObject { ["feeds"] = new JsonArray([.. found.Take(size).Select(Shown)]) };
        if (found.Length > size)
        {
            answer["nextToken"] = string.Create(CultureInfo.InvariantCulture, $"{statuses}|{since}|{size}|{from + size}");
        }

        return AmazonAnswer.Json(HttpStatusCode.OK, answer);
    }

    private static IResult? Turned(HttpContext context, AmazonPace.UsagePlan plan, AmazonPace pace, AmazonListings listings, Faults faults, RequestLog log)
    {
        log.Begin(context);
        return AmazonAnswer.Turned(context, plan, pace, listings)
            ?? (faults.Named($"{context.Request.Method} {context.Request.Path}") is { } fault ? AmazonAnswer.Failed(context, fault) : null);
    }

    private static JsonObject Shown(AmazonFeedStore.Feed feed)
    {
        var shown = new JsonObject
        {
            ["feedId"] = feed.FeedId,
            ["feedType"] = FeedType,
            ["marketplaceIds"] = new JsonArray([.. feed.MarketplaceIds.Select(marketplace => (JsonNode)marketplace)]),
            ["createdTime"] = feed.CreatedTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            ["processingStatus"] = feed.ProcessingStatus,
        };
        if (feed.ResultFeedDocumentId is { } documentId)
        {
            shown["resultFeedDocumentId"] = documentId;
        }

        return shown;
    }

    private static string Address(HttpContext context, string folder, string documentId) => $"{context.Request.Scheme}://{context.Request.Host}/simulator/amazon/{folder}/{documentId}";

    private static IResult Invalid() => AmazonAnswer.Error(HttpStatusCode.BadRequest, "InvalidInput", "Invalid input");

    private static IResult NotFound() => AmazonAnswer.Error(HttpStatusCode.NotFound, "NotFound", "The specified resource does not exist.");
}
