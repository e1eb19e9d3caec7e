using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using StockAuthority.Connectors.Marketplace.Amazon.Feeds;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Amazon;

/// <summary>
/// Shows the available units as the fulfilment availability of a seller's listings: one patch of the Listings Items API (2021-08-01) for each
/// level, or a feed where many wait. A patch says the quantity and not a difference, so one whose answer was lost is repeated as it is.
/// </summary>
internal sealed class AmazonChannel(HttpClient http, AmazonTokens tokens, AmazonFeeds feeds, KnownListings known, AmazonOptions amazon, TimeProvider clock) : IBulkLevelChannel
{
    public string Name => "amazon";

    public int MaxItemsPerPush => 1;

    public BulkTerms? Bulk => amazon.Feeds;

    public async Task<PushResult> PushAsync(IReadOnlyList<LevelChange> changes, string idempotencyKey, CancellationToken cancellationToken)
    {
        var change = changes.Single();
        if (AvailabilityPatch.Of(change, amazon) is not { } operation)
        {
            return new PushResult.Refused(AvailabilityPatch.UnknownLocation(change, idempotencyKey), [0]);
        }

        // Amazon takes a patch of a SKU that it does not list, for the beginning of a listing, and shows nothing.
        if (!known.Contains(change.Key.Sku) && await NotListedAsync(change.Key.Sku, idempotencyKey, cancellationToken) is { } notListed)
        {
            return notListed;
        }

        var patch = new ListingsItemPatchRequest(AvailabilityPatch.ProductType, [operation]);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Patch, Listing(change.Key.Sku, ""))
            {
                Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(patch, AmazonJson.Default.ListingsItemPatchRequest)),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await SendAsync(request, cancellationToken);
            return Outcome(response, AmazonAnswers.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken), AmazonJson.Default.SubmissionAnswer), idempotencyKey);
        }
        catch (HttpRequestException exception)
        {
            return AmazonAnswers.NoAnswer(exception, idempotencyKey);
        }
    }

    /// <summary>What keeps a SKU from being shown; null where it is listed.</summary>
    private async Task<PushResult?> NotListedAsync(string sku, string requestId, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Listing(sku, "&includedData=summaries"));
            using var response = await SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                known.Add(sku);
                return null;
            }

            return Outcome(response, AmazonAnswers.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken), AmazonJson.Default.SubmissionAnswer), requestId);
        }
        catch (HttpRequestException exception)
        {
            return AmazonAnswers.NoAnswer(exception, requestId);
        }
    }

    public async Task<IReadOnlyList<long?>> ReadAsync(IReadOnlyList<StockKey> keys, CancellationToken cancellationToken)
    {
        var quantities = new List<long?>(keys.Count);
        foreach (var key in keys)
        {
            quantities.Add(amazon.Locations.TryGetValue(key.LocationId, out var channelCode) ? await ReadAsync(key.Sku, channelCode, cancellationToken) : null);
        }

        return quantities;
    }

    public Task<BulkAnswer<BulkUpload>> UploadAsync(IReadOnlyList<LevelChange> changes, CancellationToken cancellationToken) => feeds.UploadAsync(changes, cancellationToken);

    public Task<BulkAnswer<BulkJob>> StartAsync(string document, CancellationToken cancellationToken) => feeds.StartAsync(document, cancellationToken);

    public Task<BulkAnswer<BulkProgress>> LookAsync(string job, IReadOnlyList<LevelChange> changes, CancellationToken cancellationToken) => feeds.LookAsync(job, changes, cancellationToken);

    public Task<BulkAnswer<IReadOnlyList<string>>> ListUnderWayAsync(CancellationToken cancellationToken) => feeds.ListUnderWayAsync(cancellationToken);

    private async Task<long?> ReadAsync(string sku, string channelCode, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Listing(sku, "&includedData=fulfillmentAvailability"));
        using var response = await SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        response.EnsureSuccessStatusCode();
        var item = JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellationToken), AmazonJson.Default.ListingsItem);
        return item?.FulfillmentAvailability?.FirstOrDefault(availability => availability.FulfillmentChannelCode == channelCode)?.Quantity;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Add("x-amz-access-token", await tokens.CurrentAsync(cancellationToken));
        var response = await http.SendAsync(request, cancellationToken);
        if (response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized)
        {
            tokens.Forget();
        }

        return response;
    }

    private Uri Listing(string sku, string more) => new(
        $"listings/2021-08-01/items/{Uri.EscapeDataString(amazon.SellerId)}/{Uri.EscapeDataString(sku)}?marketplaceIds={Uri.EscapeDataString(amazon.MarketplaceId)}{more}", UriKind.Relative);

    private PushResult Outcome(HttpResponseMessage response, SubmissionAnswer? answer, string requestId)
    {
        return response.StatusCode switch
        {
            HttpStatusCode.OK when answer?.Status == "ACCEPTED" => new PushResult.Confirmed([]),
            HttpStatusCode.OK when answer?.Status == "INVALID" => Refused(answer.Issues?.OrderBy(issue => issue.Severity == "ERROR" ? 0 : 1).FirstOrDefault()),
            HttpStatusCode.BadRequest or HttpStatusCode.NotFound when answer?.Errors is [var error, ..] => Refused(error),
            _ => AmazonAnswers.Failure(response, answer?.Errors, requestId, clock),
        };

        PushResult.Refused Refused(ListingIssue? issue) => new(AmazonAnswers.Refusal(response, issue, requestId), [0]);
    }
}
