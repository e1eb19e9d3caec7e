using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Shopify;

/// <summary>One GraphQL request: its data, or what it means for the push that there is none.</summary>
internal sealed class ShopifyClient(HttpClient http, ShopifyOptions shopify, CostBudget budget, TimeProvider clock)
{
    private const int DetailLength = 256;

    // The request is too big, not wrong: a part of it fits.
    private const string MaxCostExceeded = "MAX_COST_EXCEEDED";
    private readonly Uri _path = new($"admin/api/{shopify.ApiVersion}/graphql.json", UriKind.Relative);

    /// <param name="Data">Null where the request failed.</param>
    /// <param name="Failure">Null where it did not.</param>
    internal sealed record Answer(AnswerData? Data, PushResult? Failure, string? ResponseId);

    public async Task<Answer> SendAsync<TRequest>(string operation, TRequest request, JsonTypeInfo<TRequest> type, string requestId, CancellationToken cancellationToken)
    {
        if (budget.WaitFor(operation) is { } wait)
        {
            return new Answer(null, new PushResult.Throttled(wait), null);
        }

        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using var response = await http.PostAsync(_path, content, cancellationToken);
            var answer = Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            if (answer?.Extensions?.Cost is { } cost)
            {
                budget.Note(operation, cost);
            }

            return Of(operation, response, answer, requestId);
        }
        catch (HttpRequestException exception)
        {
            return new Answer(null, new PushResult.Unavailable(exception.HttpRequestError.ToString(), null), null);
        }
    }

    private Answer Of(string operation, HttpResponseMessage response, GraphQLAnswer? answer, string requestId)
    {
        var responseId = response.Headers.TryGetValues("X-Request-Id", out var ids) ? ids.FirstOrDefault() : null;
        var (code, message) = FirstError(answer);
        PushResult? failure = response.StatusCode switch
        {
            // Shopify throttles GraphQL requests with status 200 and this code.
            HttpStatusCode.TooManyRequests => new PushResult.Throttled(ChannelHttp.RetryAfter(response, clock)),
            HttpStatusCode.OK when code == "THROTTLED" => new PushResult.Throttled(budget.WaitFor(operation)),
            HttpStatusCode.OK when code == MaxCostExceeded => new PushResult.Refused(new Refusal(200, MaxCostExceeded, null, Shortened(message), requestId, responseId), []),

            // The call is wrong, or the shop: every other push would fail alike, so operators repair it and nothing is parked for it.
            HttpStatusCode.OK when code == "ACCESS_DENIED" => Lasting(403, code, message),
            HttpStatusCode.OK when code is not null => new PushResult.Unavailable(code, ChannelHttp.RetryAfter(response, clock)),
            HttpStatusCode.OK when answer?.Data is null => new PushResult.Unavailable("NO_DATA", null),
            HttpStatusCode.OK => null,
            HttpStatusCode.Unauthorized => Lasting(401, "UNAUTHORIZED", message),
            HttpStatusCode.Forbidden => Lasting(403, "FORBIDDEN", message),
            >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError and not (HttpStatusCode.RequestTimeout or HttpStatusCode.Conflict) =>
                Lasting((int)response.StatusCode, string.Create(CultureInfo.InvariantCulture, $"HTTP_{(int)response.StatusCode}"), message),
            var status => new PushResult.Unavailable(string.Create(CultureInfo.InvariantCulture, $"HTTP_{(int)status}"), ChannelHttp.RetryAfter(response, clock)),
        };
        PushResult Lasting(int status, string reason, string? detail) => new PushResult.Unavailable(reason, null, new Refusal(status, reason, null, Shortened(detail), requestId, responseId));
        return new Answer(failure is null ? answer!.Data : null, failure, responseId);
    }

    /// <summary>Code and message; the code of an error that has none says so.</summary>
    private static (string? Code, string? Message) FirstError(GraphQLAnswer? answer)
    {
        if (answer?.Errors is not { ValueKind: JsonValueKind.Array } errors || errors.GetArrayLength() == 0)
        {
            return answer?.Errors is { ValueKind: JsonValueKind.String } text ? ("ERROR", text.GetString()) : (null, null);
        }

        var first = errors.EnumerateArray().First();
        return first.ValueKind != JsonValueKind.Object
            ? ("ERROR", null)
            : (first.TryGetProperty("extensions", out var extensions) && extensions.ValueKind == JsonValueKind.Object && extensions.TryGetProperty("code", out var code)
                    ? code.GetString() ?? "ERROR"
                    : "ERROR",
                first.TryGetProperty("message", out var message) ? message.GetString() : null);
    }

    /// <summary>Null where the body is not Shopify's, for example an error page of something in between.</summary>
    private static GraphQLAnswer? Parse(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ShopifyJson.Default.GraphQLAnswer);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Shortened(string? detail) => detail is { Length: > DetailLength } ? detail[..DetailLength] : detail;
}
