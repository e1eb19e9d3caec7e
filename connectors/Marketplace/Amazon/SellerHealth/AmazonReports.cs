using System.Net.Http.Headers;
using System.Text.Json;

namespace StockAuthority.Connectors.Marketplace.Amazon.SellerHealth;

/// <summary>Amazon's Reports API (2021-06-30): a report is asked for, waited for, and downloaded from an address of its own.</summary>
internal sealed class AmazonReports(HttpClient http, AmazonTokens tokens, AmazonDocuments documents, AmazonOptions amazon, TimeProvider clock)
{
    private const int MostLooks = 60;
    private const int DocumentSizeBytes = 16 * 1024 * 1024;

    /// <exception cref="HttpRequestException">It cannot be had.</exception>
    /// <exception cref="JsonException">The answer is not one of this API.</exception>
    public async Task<byte[]> ReadAsync(string reportType, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new CreateReport(reportType, [amazon.MarketplaceId]), ReportsJson.Default.CreateReport);
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var created = await SendAsync(HttpMethod.Post, "reports/2021-06-30/reports", content, cancellationToken);
        var reportId = created.ReportId ?? throw new HttpRequestException("Amazon made no report.");
        for (var look = 0; look < MostLooks; look++)
        {
            var report = await SendAsync(HttpMethod.Get, $"reports/2021-06-30/reports/{Uri.EscapeDataString(reportId)}", null, cancellationToken);
            switch (report.ProcessingStatus)
            {
                case "DONE" when report.ReportDocumentId is { } documentId:
                    return await DownloadAsync(await SendAsync(HttpMethod.Get, $"reports/2021-06-30/documents/{Uri.EscapeDataString(documentId)}", null, cancellationToken), cancellationToken);
                case "CANCELLED" or "FATAL":
                    throw new HttpRequestException($"Amazon's report ended as {report.ProcessingStatus}.");
            }

            await Task.Delay(amazon.ReportPollInterval, clock, cancellationToken);
        }

        throw new HttpRequestException("Amazon's report is not made.");
    }

    private Task<byte[]> DownloadAsync(ReportAnswer document, CancellationToken cancellationToken) => documents.DownloadAsync(
        document.Url ?? throw new HttpRequestException("Amazon's document has no address."), document.CompressionAlgorithm, DocumentSizeBytes, cancellationToken);

    private async Task<ReportAnswer> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        request.Headers.Add("x-amz-access-token", await tokens.CurrentAsync(cancellationToken));
        using var response = await http.SendAsync(request, cancellationToken);
        if ((int)response.StatusCode is 401 or 403)
        {
            tokens.Forget();
        }

        response.EnsureSuccessStatusCode();
        return JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellationToken), ReportsJson.Default.ReportAnswer) ?? new ReportAnswer(null, null, null, null, null);
    }
}
