using System.Globalization;
using System.Net;
using System.Text;

namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>The two reads of counts, paginated by an opaque cursor.</summary>
internal static class CountPages
{
    private const int MostPerPage = 1000;
    private const int DefaultPerPage = 100;

    public static (HttpStatusCode Status, CountsAnswer? Answer, IReadOnlyList<SquareError> Errors) Batch(byte[] body, SquareInventory inventory)
    {
        if (SquareBodies.Parse(body, SquareJson.Default.BatchRetrieveCountsRequest) is not { } request)
        {
            return Wrong(SquareError.InvalidRequest("EXPECTED_JSON_BODY", "The request body is not a JSON object of the expected shape."));
        }

        if (request.Limit is < 1)
        {
            return Wrong(SquareError.InvalidRequest("VALUE_TOO_LOW", "`limit` must be at least 1.", "limit"));
        }

        if (request.Limit is > MostPerPage)
        {
            return Wrong(SquareError.InvalidRequest("VALUE_TOO_HIGH", "`limit` must be at most 1000.", "limit"));
        }

        if (request.States?.FirstOrDefault(state => !InventoryStates.All.Contains(state)) is { } unknown)
        {
            return Wrong(SquareError.InvalidRequest("INVALID_ENUM_VALUE", $"`{unknown}` is not a valid enum value.", "states"));
        }

        var updatedAfter = DateTimeOffset.UnixEpoch;
        if (request.UpdatedAfter is { } text && !SquareTimes.TryParse(text, out updatedAfter))
        {
            return Wrong(SquareError.InvalidRequest("INVALID_TIME", "A time is an RFC 3339 timestamp.", "updated_after"));
        }

        var found = request.States is null || request.States.Contains(InventoryStates.InStock, StringComparer.Ordinal)
            ? inventory.Find(request.CatalogObjectIds, request.LocationIds, updatedAfter)
            : [];
        return Page(found, request.Cursor, request.Limit ?? DefaultPerPage);
    }

    public static (HttpStatusCode Status, CountsAnswer? Answer, IReadOnlyList<SquareError> Errors) One(string catalogObjectId, string? locationIds, string? cursor, SquareInventory inventory)
    {
        var locations = locationIds?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Page(inventory.Find([catalogObjectId], locations is { Length: > 0 } ? locations : null, DateTimeOffset.UnixEpoch), cursor, DefaultPerPage);
    }

    private static (HttpStatusCode Status, CountsAnswer? Answer, IReadOnlyList<SquareError> Errors) Page(IReadOnlyList<InventoryCount> found, string? cursor, int limit)
    {
        var start = 0;
        if (!string.IsNullOrEmpty(cursor) && !TryDecode(cursor, out start))
        {
            return Wrong(SquareError.InvalidRequest("INVALID_CURSOR", "The pagination cursor is invalid.", "cursor"));
        }

        InventoryCount[] page = [.. found.Skip(start).Take(limit)];
        var end = start + page.Length;
        return (HttpStatusCode.OK, new CountsAnswer(page, [], end < found.Count ? Encode(end) : null), []);
    }

    private static string Encode(int position) => Convert.ToBase64String(Encoding.ASCII.GetBytes(position.ToString(CultureInfo.InvariantCulture)));

    private static bool TryDecode(string cursor, out int position)
    {
        Span<byte> bytes = stackalloc byte[32];
        position = 0;
        return Convert.TryFromBase64String(cursor, bytes, out var length)
            && int.TryParse(bytes[..length], NumberStyles.None, CultureInfo.InvariantCulture, out position);
    }

    private static (HttpStatusCode Status, CountsAnswer? Answer, IReadOnlyList<SquareError> Errors) Wrong(SquareError error) => (HttpStatusCode.BadRequest, null, [error]);
}
