using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Erp.BusinessCentral;

/// <summary>
/// Calls of Business Central's API v2.0 and of API pages beside it
/// (https://learn.microsoft.com/dynamics365/business-central/dev-itpro/api-reference/v2.0/). A service is a path such as <c>v2.0</c>, under the
/// API root; paths are relative to it.
/// </summary>
internal sealed class BusinessCentralClient(HttpClient http, BusinessCentralTokens tokens, BusinessCentralOptions options, TimeProvider clock)
{
    /// <summary>The service that Microsoft publishes.</summary>
    public const string Standard = "v2.0";

    /// <summary>Operations that one $batch may have.</summary>
    private const int OperationsPerBatch = 100;

    /// <summary>All entities that fit a filter, through all pages.</summary>
    public async Task<IReadOnlyList<JsonObject>> ListAsync(string service, string path, string query, CancellationToken cancellationToken)
    {
        List<JsonObject> all = [];
        for (var page = Address(service, $"{path}?{query}"); page is not null;)
        {
            var answer = await SendAsync(HttpMethod.Get, page, null, null, null, cancellationToken);
            all.AddRange((answer?["value"] as JsonArray ?? throw NotUnderstood("a list without value")).Select(each => each!.AsObject()));
            page = answer?["@odata.nextLink"]?.ToString() is { } next ? Next(next) : null;
        }

        return all;
    }

    public async Task<JsonObject> CreateAsync(string service, string path, JsonObject entity, CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Post, Address(service, path), entity, null, null, cancellationToken) ?? throw NotUnderstood("a creation without its entity");

    /// <summary>Creates all or none of up to a hundred: one $batch is one transaction.</summary>
    public async Task CreateAllAsync(string service, string path, IReadOnlyList<JsonObject> entities, CancellationToken cancellationToken)
    {
        foreach (var part in entities.Chunk(OperationsPerBatch))
        {
            var requests = new JsonArray([.. part.Select((entity, index) => new JsonObject
            {
                ["id"] = index.ToString(CultureInfo.InvariantCulture),
                ["method"] = "POST",
                ["url"] = path,
                ["headers"] = new JsonObject { ["Content-Type"] = "application/json" },
                ["body"] = entity,
            })]);
            var answer = await SendAsync(HttpMethod.Post, Address(service, "$batch"), new JsonObject { ["requests"] = requests }, null, "snapshot", cancellationToken);
            var responses = answer?["responses"] as JsonArray ?? throw NotUnderstood("a batch without responses");
            foreach (var response in responses)
            {
                var status = response?["status"]?.GetValue<int>() ?? 0;
                if (status != (int)HttpStatusCode.Created)
                {
                    throw BusinessCentralErrors.Of((HttpStatusCode)status, response?["body"], null);
                }
            }

            if (responses.Count != part.Length)
            {
                throw NotUnderstood("a batch with other responses than requests");
            }
        }
    }

    /// <summary>A bound action without parameters.</summary>
    public Task ActAsync(string service, string path, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, Address(service, path), null, null, null, cancellationToken);

    /// <summary>Deletes it as it was seen; one that is gone is deleted.</summary>
    public async Task DeleteAsync(string service, string path, string etag, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(HttpMethod.Delete, Address(service, path), null, etag, null, cancellationToken);
        }
        catch (BusinessCentralUnavailableException gone) when (gone.Status == HttpStatusCode.NotFound)
        {
        }
    }

    /// <summary>A text in a filter.</summary>
    public static string Literal(string text) => Uri.EscapeDataString($"'{text.Replace("'", "''", StringComparison.Ordinal)}'");

    private Uri Address(string service, string path) => new(options.BaseUrl, $"{service}/{path}");

    private Uri Next(string link) => Uri.TryCreate(link, UriKind.Absolute, out var next) && next.Authority == options.BaseUrl.Authority && next.Scheme == options.BaseUrl.Scheme
        ? next
        : throw NotUnderstood("a next page at another address");

    private async Task<JsonObject?> SendAsync(HttpMethod method, Uri address, JsonObject? body, string? etag, string? isolation, CancellationToken cancellationToken)
    {
        for (var isRenewed = false; ; isRenewed = true)
        {
            using var request = new HttpRequestMessage(method, address);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await tokens.CurrentAsync(cancellationToken));

            // An administrator may have a page read from a replica, which is late: what was just posted would be posted again.
            request.Headers.Add("Data-Access-Intent", "ReadWrite");
            if (etag is not null)
            {
                request.Headers.TryAddWithoutValidation("If-Match", etag);
            }

            if (isolation is not null)
            {
                request.Headers.Add("Isolation", isolation);
            }

            if (method == HttpMethod.Post)
            {
                request.Content = new StringContent(body?.ToJsonString() ?? "", Encoding.UTF8, "application/json");
            }

            using var response = await http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.StatusCode == HttpStatusCode.Unauthorized && !isRenewed)
            {
                tokens.Forget();
                continue;
            }

            var answer = BusinessCentralErrors.Parse(text);
            return response.IsSuccessStatusCode
                ? answer as JsonObject
                : throw BusinessCentralErrors.Of(response.StatusCode, answer, ChannelHttp.RetryAfter(response, clock));
        }
    }

    private static BusinessCentralUnavailableException NotUnderstood(string what) => new($"NOT_UNDERSTOOD: {what}", HttpStatusCode.OK, isAnswer: true);
}
