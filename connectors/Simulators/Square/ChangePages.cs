using System.Globalization;
using System.Net;
using System.Text;

namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>POST /v2/inventory/changes/batch-retrieve: physical counts and adjustments, oldest occurrence first, paginated by an opaque cursor.</summary>
internal static class ChangePages
{
    private const int MostPerPage = 1000;
    private const int DefaultPerPage = 100;

    public static (HttpStatusCode Status, ChangesAnswer? Answer, IReadOnlyList<SquareError> Errors) Batch(byte[] body, SquareHistory history)
    {
        if (SquareBodies.Parse(body, SquareJson.Default.BatchRetrieveChangesRequest) is not { } request)
        {
            return Wrong(SquareError.InvalidRequest("EXPECTED_JSON_BODY", "The request body is not a JSON object of the expected shape."));
        }

        if (request.Limit is < 1 or > MostPerPage)
        {
            return Wrong(SquareError.InvalidRequest(request.Limit < 1 ? "VALUE_TOO_LOW" : "VALUE_TOO_HIGH", "`limit` must be 1 to 1000.", "limit"));
        }

        if (request.Types?.FirstOrDefault(type => type is not ("PHYSICAL_COUNT" or "ADJUSTMENT")) is { } unknown)
        {
            return Wrong(SquareError.InvalidRequest("INVALID_ENUM_VALUE", $"`{unknown}` cannot be asked for.", "types"));
        }

        var updatedAfter = DateTimeOffset.UnixEpoch;
        if (request.UpdatedAfter is { } text && !SquareTimes.TryParse(text, out updatedAfter))
        {
            return Wrong(SquareError.InvalidRequest("INVALID_TIME", "A time is an RFC 3339 timestamp.", "updated_after"));
        }

        var start = 0;
        string? lastId = null;
        if (!string.IsNullOrEmpty(request.Cursor) && !TryDecode(request.Cursor, out start, out lastId))
        {
            return Wrong(SquareError.InvalidRequest("INVALID_CURSOR", "The pagination cursor is invalid.", "cursor"));
        }

        var (found, last) = history.Find(entry => Matches(entry, request, updatedAfter), lastId);
        HistoryEntry[] page = [.. found.Skip(start).Take(request.Limit ?? DefaultPerPage)];
        var end = start + page.Length;
        return (HttpStatusCode.OK, new ChangesAnswer([.. page.Select(Shown)], [], end < found.Count ? Encode(end, last) : null), []);
    }

    private static bool Matches(HistoryEntry entry, BatchRetrieveChangesRequest request, DateTimeOffset updatedAfter) =>
        entry.CreatedAt > updatedAfter
        && request.Types?.Contains(entry.Type, StringComparer.Ordinal) != false
        && request.CatalogObjectIds?.Contains(entry.CatalogObjectId, StringComparer.Ordinal) != false
        && request.LocationIds?.Contains(entry.LocationId, StringComparer.Ordinal) != false;

    private static StoredChange Shown(HistoryEntry entry)
    {
        var quantity = entry.Quantity.ToString(CultureInfo.InvariantCulture);
        var source = new SourceApplication(entry.Source, "Simulator");
        return entry.Type == "ADJUSTMENT"
            ? new StoredChange(entry.Type, null, new StoredAdjustment(
                entry.Id, entry.ReferenceId, entry.FromState!, entry.ToState!, entry.LocationId, entry.CatalogObjectId, "ITEM_VARIATION", quantity,
                SquareTimes.Text(entry.OccurredAt), SquareTimes.Text(entry.CreatedAt), source, entry.TransactionId))
            : new StoredChange(entry.Type, new StoredCount(
                entry.Id, entry.ReferenceId, entry.CatalogObjectId, "ITEM_VARIATION", InventoryStates.InStock, entry.LocationId, quantity, source,
                SquareTimes.Text(entry.OccurredAt), SquareTimes.Text(entry.CreatedAt)), null);
    }

    private static string Encode(int position, string lastId) => Convert.ToBase64String(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{position} {lastId}")));

    private static bool TryDecode(string cursor, out int position, out string? lastId)
    {
        (position, lastId) = (0, null);
        Span<byte> bytes = stackalloc byte[128];
        if (!Convert.TryFromBase64String(cursor, bytes, out var length) || Encoding.ASCII.GetString(bytes[..length]).Split(' ') is not [var number, var last])
        {
            return false;
        }

        lastId = last;
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out position);
    }

    private static (HttpStatusCode Status, ChangesAnswer? Answer, IReadOnlyList<SquareError> Errors) Wrong(SquareError error) => (HttpStatusCode.BadRequest, null, [error]);
}
