using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Pos.Square;

/// <summary>Shows the available units as physical counts in Square's Inventory API.</summary>
internal sealed class SquareChannel(HttpClient http, SquareCatalogue catalogue, TimeProvider clock) : ILevelChannel
{
    private const int CountsPerPage = 1000;
    private const int MostPages = 100;
    private static readonly Uri BatchRetrieve = new("v2/inventory/counts/batch-retrieve", UriKind.Relative);
    private static readonly Uri BatchCreate = new("v2/inventory/changes/batch-create", UriKind.Relative);

    public string Name => "square";

    public int MaxItemsPerPush => 100;

    public async Task<PushResult> PushAsync(IReadOnlyList<LevelChange> changes, string idempotencyKey, CancellationToken cancellationToken)
    {
        IReadOnlyList<SquareTarget> targets;
        try
        {
            targets = await catalogue.TargetsAsync([.. changes.Select(change => change.Key)], cancellationToken);
        }
        catch (SquareException failure)
        {
            return new PushResult.Unavailable("CATALOGUE_NOT_READ", failure.RetryAfter);
        }

        if (Unknown(changes, targets, idempotencyKey) is { } refused)
        {
            return refused;
        }

        var request = SquareRequest.For(changes, targets, idempotencyKey, clock.GetUtcNow());
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
        var targets = await catalogue.TargetsAsync(keys, cancellationToken);
        SquareTarget[] named = [.. targets.Where(target => target is { CatalogObjectId: not null, LocationId: not null })];
        if (named.Length == 0)
        {
            return [.. keys.Select(_ => (long?)null)];
        }

        // Square answers every named object at every named location, so pages can hold more than was asked for.
        var shown = new Dictionary<(string?, string?), long?>();
        string? cursor = null;
        for (var page = 0; page == 0 || cursor is { Length: > 0 }; page++)
        {
            var request = new RetrieveCountsRequest(
                [.. named.Select(target => target.CatalogObjectId!).Distinct()], [.. named.Select(target => target.LocationId!).Distinct()], ["IN_STOCK"], CountsPerPage, cursor);
            var answer = await ReadPageAsync(request, cancellationToken);
            foreach (var count in answer.Counts ?? [])
            {
                shown[(count.CatalogObjectId, count.LocationId)] = Units(count.Quantity);
            }

            cursor = page < MostPages ? answer.Cursor : throw new HttpRequestException("Square's pages of counts have no end.");
        }

        return [.. targets.Select(target => shown.GetValueOrDefault((target.CatalogObjectId, target.LocationId)))];
    }

    /// <summary>Levels that Square has no name for; the others go on without them.</summary>
    private static PushResult.Refused? Unknown(IReadOnlyList<LevelChange> changes, IReadOnlyList<SquareTarget> targets, string idempotencyKey)
    {
        int[] unknown = [.. targets.Index().Where(each => each.Item.CatalogObjectId is null || each.Item.LocationId is null).Select(each => each.Index)];
        if (unknown.Length == 0)
        {
            return null;
        }

        var (code, detail) = targets[unknown[0]].CatalogObjectId is null
            ? ("UNKNOWN_SKU", $"Square's catalog has no single item variation with the SKU {changes[unknown[0]].Key.Sku}.")
            : ("UNKNOWN_LOCATION", $"Square has no single location with the name {changes[unknown[0]].Key.LocationId}.");
        return new PushResult.Refused(new Refusal(0, code, null, detail, idempotencyKey, null), unknown);
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
