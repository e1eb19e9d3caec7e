using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Amazon;

/// <summary>
/// Shows the available units as the fulfilment availability of a seller's listings: one patch of the Listings Items API (2021-08-01) for each
/// level. A patch says the quantity and not a difference, so one whose answer was lost is repeated as it is.
/// </summary>
internal sealed class AmazonChannel(HttpClient http, AmazonTokens tokens, AmazonOptions amazon, TimeProvider clock) : ILevelChannel
{
    private const int DetailLength = 256;

    public string Name => "amazon";

    public int MaxItemsPerPush => 1;

    public async Task<PushResult> PushAsync(IReadOnlyList<LevelChange> changes, string idempotencyKey, CancellationToken cancellationToken)
    {
        var change = changes.Single();
        if (!amazon.Locations.TryGetValue(change.Key.LocationId, out var channelCode))
        {
            return new PushResult.Refused(new Refusal(0, "UNKNOWN_LOCATION", null, $"Amazon:Locations does not name {change.Key.LocationId}.", idempotencyKey, null), [0]);
        }

        // Amazon takes no quantity below zero: what cannot be promised is not for sale.
        // Merge, not replace: what else is said of the channel, such as a lead time, stays.
        var patch = new ListingsItemPatchRequest(
            "PRODUCT", [new PatchOperation("merge", "/attributes/fulfillment_availability", [new FulfillmentAvailabilityPatch(channelCode, Math.Max(0, change.Available))])]);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Patch, Listing(change.Key.Sku, ""))
            {
                Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(patch, AmazonJson.Default.ListingsItemPatchRequest)),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await SendAsync(request, cancellationToken);
            return Outcome(response, Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken)), idempotencyKey);
        }
        catch (HttpRequestException exception)
        {
            // Only the token's answer throws for its status. Login with Amazon refuses a revoked grant with 400: the caller is not let in.
            return exception.StatusCode is { } status
                ? TokenRefused((int)status, idempotencyKey)
                : new PushResult.Unavailable(exception.HttpRequestError.ToString(), null);
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

    private static PushResult.Unavailable TokenRefused(int status, string requestId)
    {
        var reason = string.Create(CultureInfo.InvariantCulture, $"TOKEN_{status}");
        return new PushResult.Unavailable(
            reason, null, status is 400 or 401 or 403 ? new Refusal(401, reason, null, "Login with Amazon gives no access token for the refresh token.", requestId, null) : null);
    }

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
        var status = (int)response.StatusCode;
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK when answer?.Status == "ACCEPTED":
                return new PushResult.Confirmed([]);
            case HttpStatusCode.OK when answer?.Status == "INVALID":
                return Refused(status, answer.Issues?.OrderBy(issue => issue.Severity == "ERROR" ? 0 : 1).FirstOrDefault(), response, requestId);
            case HttpStatusCode.BadRequest or HttpStatusCode.NotFound when answer?.Errors is [var error, ..]:
                return Refused(status, error, response, requestId);
            case HttpStatusCode.TooManyRequests:
                return new PushResult.Throttled(ChannelHttp.RetryAfter(response, clock) ?? UntilNextToken(response));
            default:
                var reason = status switch { 401 => "UNAUTHORIZED", 403 => "FORBIDDEN", _ => string.Create(CultureInfo.InvariantCulture, $"HTTP_{status}") };
                return new PushResult.Unavailable(
                    reason,
                    ChannelHttp.RetryAfter(response, clock),
                    status is >= 400 and < 500 and not (408 or 409) ? Refusal(status, answer?.Errors is [var first, ..] ? first : new ListingIssue(reason, null, null, null), response, requestId) : null);
        }
    }

    private static PushResult.Refused Refused(int status, ListingIssue? issue, HttpResponseMessage response, string requestId) => new(Refusal(status, issue, response, requestId), [0]);

    private static Refusal Refusal(int status, ListingIssue? issue, HttpResponseMessage response, string requestId) => new(
        status,
        issue?.Code ?? "INVALID",
        issue?.AttributeNames is { Count: > 0 } names ? string.Join(',', names) : null,
        issue?.Message is { Length: > DetailLength } message ? message[..DetailLength] : issue?.Message,
        requestId,
        response.Headers.TryGetValues("x-amzn-RequestId", out var ids) ? ids.FirstOrDefault() : null);

    /// <summary>The header names the requests a second of the usage plan: the bucket has its next token after one such part.</summary>
    private static TimeSpan? UntilNextToken(HttpResponseMessage response) =>
        response.Headers.TryGetValues("x-amzn-RateLimit-Limit", out var limits)
        && double.TryParse(limits.FirstOrDefault(), NumberStyles.Float, CultureInfo.InvariantCulture, out var perSecond) && perSecond > 0.001
            ? TimeSpan.FromSeconds(1 / perSecond)
            : null;

    /// <summary>Null where the body is not Amazon's, for example an error page of something in between.</summary>
    private static SubmissionAnswer? Parse(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, AmazonJson.Default.SubmissionAnswer);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
