using System.Text.Json;
using System.Text.Json.Serialization;

namespace StockAuthority.Connectors.Marketplace.Amazon.SellerHealth;

/// <summary>
/// What Amazon judges a seller by, as fractions of its orders; null where the report does not say. Its limits: 2.5 % cancellations before fulfilment
/// over 7 days, 4 % late shipments over 30 days, 1 % order defects over 60 days.
/// </summary>
internal sealed record SellerPerformance(double? CancellationRate, double? LateShipmentRate, double? OrderDefectRate, string? AccountStatus)
{
    public const string ReportType = "GET_V2_SELLER_PERFORMANCE_REPORT";

    /// <summary>Reads the report (schema accountHealthReport-2020-11-18) for one marketplace.</summary>
    /// <exception cref="JsonException">It is no such report.</exception>
    public static SellerPerformance Parse(ReadOnlySpan<byte> report, string marketplaceId)
    {
        var read = JsonSerializer.Deserialize(report, ReportsJson.Default.PerformanceReport) ?? throw new JsonException("The report is empty.");
        var metrics = read.PerformanceMetrics?.FirstOrDefault(each => each.MarketplaceId == marketplaceId) ?? throw new JsonException($"The report says nothing of marketplace {marketplaceId}.");

        // Amazon's own example spells the rate of cancellations otherwise than its schema does. Of the two order defect rates (fulfilled by Amazon
        // or by the seller) the worse one counts.
        var defects = new[] { metrics.OrderDefectRate?.Mfn?.Rate, metrics.OrderDefectRate?.Afn?.Rate };
        return new SellerPerformance(
            metrics.PreFulfillmentCancellationRate?.Rate ?? metrics.PrefulfillmentCancelRate?.Rate,
            metrics.LateShipmentRate?.Rate,
            defects.Max(),
            read.AccountStatuses?.FirstOrDefault(each => each.MarketplaceId == marketplaceId)?.Status);
    }
}

internal sealed record CreateReport(string ReportType, IReadOnlyList<string> MarketplaceIds);

/// <summary>Answers of createReport, getReport and getReportDocument, as far as they are read.</summary>
internal sealed record ReportAnswer(string? ReportId, string? ProcessingStatus, string? ReportDocumentId, string? Url, string? CompressionAlgorithm);

internal sealed record PerformanceReport(IReadOnlyList<AccountStatus>? AccountStatuses, IReadOnlyList<PerformanceMetrics>? PerformanceMetrics);

internal sealed record AccountStatus(string? MarketplaceId, string? Status);

internal sealed record PerformanceMetrics(
    string? MarketplaceId, PerformanceRate? PreFulfillmentCancellationRate, PerformanceRate? PrefulfillmentCancelRate, PerformanceRate? LateShipmentRate, OrderDefectRates? OrderDefectRate);

internal sealed record OrderDefectRates(PerformanceRate? Afn, PerformanceRate? Mfn);

internal sealed record PerformanceRate(double? Rate);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(CreateReport))]
[JsonSerializable(typeof(ReportAnswer))]
[JsonSerializable(typeof(PerformanceReport))]
internal sealed partial class ReportsJson : JsonSerializerContext;
