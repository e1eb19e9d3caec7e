using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Amazon;

/// <summary>What answers of the Selling Partner API mean that are alike for all its operations.</summary>
internal static class AmazonAnswers
{
    private const int DetailLength = 256;

    /// <summary>Null where the body is not Amazon's, for example an error page of something in between.</summary>
    public static T? Parse<T>(byte[] body, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>An answer that is not the operation's own.</summary>
    public static PushResult Failure(HttpResponseMessage response, IReadOnlyList<ListingIssue>? errors, string requestId, TimeProvider clock)
    {
        if (response.StatusCode == HttpStatusCode.TooManyRequests)
        {
            return new PushResult.Throttled(ChannelHttp.RetryAfter(response, clock) ?? UntilNextToken(response));
        }

        var status = (int)response.StatusCode;
        var reason = status switch { 401 => "UNAUTHORIZED", 403 => "FORBIDDEN", _ => string.Create(CultureInfo.InvariantCulture, $"HTTP_{status}") };
        return new PushResult.Unavailable(
            reason,
            ChannelHttp.RetryAfter(response, clock),
            status is >= 400 and < 500 and not (408 or 409) ? Refusal(response, errors is [var first, ..] ? first : new ListingIssue(reason, null, null, null), requestId) : null);
    }

    /// <summary>There was none.</summary>
    public static PushResult.Unavailable NoAnswer(HttpRequestException exception, string requestId)
    {
        // Only the token's answer throws for its status. Login with Amazon refuses a revoked grant with 400: the caller is not let in.
        if (exception.StatusCode is not { } status)
        {
            return new PushResult.Unavailable(exception.HttpRequestError.ToString(), null);
        }

        var reason = string.Create(CultureInfo.InvariantCulture, $"TOKEN_{(int)status}");
        return new PushResult.Unavailable(
            reason, null, (int)status is 400 or 401 or 403 ? new Refusal(401, reason, null, "Login with Amazon gives no access token for the refresh token.", requestId, null) : null);
    }

    public static Refusal Refusal(HttpResponseMessage response, ListingIssue? issue, string requestId) =>
        Refusal((int)response.StatusCode, issue, requestId, response.Headers.TryGetValues("x-amzn-RequestId", out var ids) ? ids.FirstOrDefault() : null);

    public static Refusal Refusal(int status, ListingIssue? issue, string requestId, string? responseId) => new(
        status,
        issue?.Code ?? "INVALID",
        issue?.AttributeNames is { Count: > 0 } names ? string.Join(',', names) : null,
        issue?.Message is { Length: > DetailLength } message ? message[..DetailLength] : issue?.Message,
        requestId,
        responseId);

    /// <summary>The header names the requests a second of the usage plan: the bucket has its next token after one such part.</summary>
    private static TimeSpan? UntilNextToken(HttpResponseMessage response) =>
        response.Headers.TryGetValues("x-amzn-RateLimit-Limit", out var limits)
        && double.TryParse(limits.FirstOrDefault(), NumberStyles.Float, CultureInfo.InvariantCulture, out var perSecond) && perSecond > 0.001
            ? TimeSpan.FromSeconds(1 / perSecond)
            : null;
}
