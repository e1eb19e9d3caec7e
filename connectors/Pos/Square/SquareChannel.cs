using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Pos.Square;

/// <summary>Shows the available units as physical counts in Square's Inventory API.</summary>
internal sealed class SquareChannel(HttpClient http, SquareOptions square, TimeProvider clock) : ILevelChannel
{
    private const int CountsPerPage = 1000;
    private const int MostPages = 100;
    private static readonly Uri BatchRetrieve = new("v2/inventory/counts/batch-retrieve", UriKind.Relative);
    private static readonly Uri BatchCreate = new("v2/inventory/changes/batch-create", UriKind.Relative);

    public string Name => "square";

    public int MaxItemsPerPush => 100;

    public async Task<PushResult> PushAsync(IReadOnlyList<LevelChange> changes, string idempotencyKey, CancellationToken cancellationToken)
    {
        var request = SquareRequest.For(changes, idempotencyKey, square, clock.GetUtcNow());
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, SquareJson.Default.BatchChangeRequest));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using var response = await http.PostAsync(BatchCreate, content, cancellationToken);
            var answer = Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            return SquareOutcome.Of(request, changes, new SquareOutcome.Received(response.StatusCode, ChannelHttp.RetryAfter(response, clock), ResponseId(response), answer));
        }
        catch (HttpRequestException exception)
        {
            return new PushResult.Unavailable(exception.HttpRequestError.ToString(), null);
        }
    }

    public async Task<IReadOnlyList<long?>> ReadAsync(IReadOnlyList<StockKey> keys, CancellationToken cancellationToken)
    {
        // Square answers every named object at every named location, so pages can hold more than was asked for.
        var shown = new Dictionary<(string?, string?), long?>();
        string? cursor = null;
        for (var page = 0; page == 0 || cursor is { Length: > 0 }; page++)
        {
            var request = new RetrieveCountsRequest(
                [.. keys.Select(square.CatalogObjectOf).Distinct()], [.. keys.Select(square.LocationOf).Distinct()], ["IN_STOCK"], CountsPerPage, cursor);
            var answer = await ReadPageAsync(request, cancellationToken);
            foreach (var count in answer.Counts ?? [])
            {
                shown[(count.CatalogObjectId, count.LocationId)] = Units(count.Quantity);
            }

            cursor = page < MostPages ? answer.Cursor : throw new HttpRequestException("Square's pages of counts have no end.");
        }

        return [.. keys.Select(key => shown.GetValueOrDefault((square.CatalogObjectOf(key), square.LocationOf(key))))];
    }

    private async Task<CountsPage> ReadPageAsync(RetrieveCountsRequest request, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, SquareJson.Default.RetrieveCountsRequest));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await http.PostAsync(BatchRetrieve, content, cancellationToken);
        response.EnsureSuccessStatusCode();
        var page = JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellationToken), SquareJson.Default.CountsPage);
        return page is { Errors: null or { Count: 0 } } ? page : throw new HttpRequestException("Square answered a read of counts with an error.");
    }

    /// <summary>A count that is no whole number is one that the authority never wrote: -1 differs from all that it would.</summary>
    private static long? Units(string? quantity) =>
        decimal.TryParse(quantity, NumberStyles.Number, CultureInfo.InvariantCulture, out var units) && units == decimal.Truncate(units) ? (long)units : -1;

    /// <summary>Null where the body is not Square's, for example an error page of something in between.</summary>
    private static BatchChangeAnswer? Parse(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, SquareJson.Default.BatchChangeAnswer);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? ResponseId(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Square-Request-Id", out var own) ? own.FirstOrDefault()
        : response.Headers.TryGetValues("X-Request-Id", out var common) ? common.FirstOrDefault()
        : null;
}
