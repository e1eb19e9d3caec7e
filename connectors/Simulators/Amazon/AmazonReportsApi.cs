using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace StockAuthority.Connectors.Simulators.Amazon;

/// <summary>
/// Amazon's Reports API (2021-06-30) for GET_V2_SELLER_PERFORMANCE_REPORT: a report is in progress when it is first looked at, then done. PUT
/// /simulator/amazon/seller-performance says what the next ones tell.
/// </summary>
internal static class AmazonReportsApi
{
    public static void MapAmazonReports(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/reports/2021-06-30/reports", (Delegate)CreateAsync);
        endpoints.MapGet("/reports/2021-06-30/reports/{reportId}", (string reportId, HttpContext context, AmazonListings listings, AmazonReportStore reports) =>
            !IsLetIn(context, listings) ? Refused() : reports.Look(reportId) is { } status
                ? Results.Json(new { reportId, reportType = AmazonReportStore.PerformanceReport, processingStatus = status, reportDocumentId = status == "DONE" ? "doc-" + reportId : null })
                : Results.NotFound());
        endpoints.MapGet("/reports/2021-06-30/documents/{documentId}", (string documentId, HttpContext context, AmazonListings listings) =>
            !IsLetIn(context, listings) ? Refused() : Results.Json(new
            {
                reportDocumentId = documentId,
                compressionAlgorithm = "GZIP",
                url = string.Create(CultureInfo.InvariantCulture, $"{context.Request.Scheme}://{context.Request.Host}/simulator/amazon/documents/{documentId}"),
            }));
        endpoints.MapGet("/simulator/amazon/documents/{documentId}", (string documentId, HttpContext context, AmazonReportStore reports) =>
            context.Request.Headers.ContainsKey("x-amz-access-token") ? Results.BadRequest("Only one auth mechanism is allowed.")
            : reports.Document(documentId) is { } document ? Results.Bytes(document, "application/json") : Results.NotFound());
        endpoints.MapPut("/simulator/amazon/seller-performance", async (HttpContext context, AmazonReportStore reports) =>
        {
            reports.Rates = await context.Request.ReadFromJsonAsync<SellerRates>(context.RequestAborted) ?? reports.Rates;
            return Results.NoContent();
        });
    }

    private static async Task<IResult> CreateAsync(HttpContext context, AmazonListings listings, AmazonReportStore reports)
    {
        if (!IsLetIn(context, listings))
        {
            return Refused();
        }

        var body = await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        return (string?)body?["reportType"] == AmazonReportStore.PerformanceReport && body["marketplaceIds"] is JsonArray { Count: 1 } marketplaces
            ? Results.Json(new { reportId = reports.Create((string)marketplaces[0]!) }, statusCode: StatusCodes.Status202Accepted)
            : Results.BadRequest();
    }

    private static bool IsLetIn(HttpContext context, AmazonListings listings) => listings.IsToken(context.Request.Headers["x-amz-access-token"].ToString());

    private static IResult Refused() => Results.Json(new { errors = new[] { new { code = "Unauthorized", message = "Access to requested resource is denied." } } }, statusCode: StatusCodes.Status403Forbidden);
}

internal sealed record SellerRates(double Cancellation, double LateShipment, double OrderDefect);

/// <summary>The reports that were asked for.</summary>
internal sealed class AmazonReportStore
{
    public const string PerformanceReport = "GET_V2_SELLER_PERFORMANCE_REPORT";

    private sealed record Report(byte[] Document)
    {
        public int Looks { get; set; }
    }

    private readonly ConcurrentDictionary<string, Report> _reports = new(StringComparer.Ordinal);
    private int _numbers;

    public SellerRates Rates { get; set; } = new(0.005, 0.012, 0.002);

    public string Create(string marketplaceId)
    {
        var reportId = Interlocked.Increment(ref _numbers).ToString(CultureInfo.InvariantCulture);
        var report = JsonSerializer.SerializeToUtf8Bytes(new
        {
            accountStatuses = new[] { new { marketplaceId, status = "NORMAL" } },
            performanceMetrics = new[]
            {
                new
                {
                    marketplaceId,
                    lateShipmentRate = Rate(Rates.LateShipment, 0.04),
                    preFulfillmentCancellationRate = Rate(Rates.Cancellation, 0.025),
                    orderDefectRate = new { afn = Rate(0, 0.01), mfn = Rate(Rates.OrderDefect, 0.01) },
                },
            },
        });
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(report);
        }

        _reports[reportId] = new Report(zipped.ToArray());
        return reportId;
    }

    public string? Look(string reportId) => _reports.TryGetValue(reportId, out var report) ? (report.Looks++ == 0 ? "IN_PROGRESS" : "DONE") : null;

    public byte[]? Document(string documentId) => _reports.GetValueOrDefault(documentId["doc-".Length..])?.Document;

    private static object Rate(double rate, double target) =>
        new { orderCount = 1000, status = rate < target ? "GOOD" : "BAD", rate, targetValue = target, targetCondition = "LESS_THAN" };
}
