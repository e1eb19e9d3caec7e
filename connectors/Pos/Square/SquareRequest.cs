using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Pos.Square;

internal static class SquareRequest
{
    /// <summary>
    /// Counts that are unchanged are recorded all the same: Square would otherwise keep the older count's time, and a late
    /// copy of a level in between would then pass for the newest.
    /// </summary>
    private const bool IgnoreUnchangedCounts = false;

    public static BatchChangeRequest For(IReadOnlyList<LevelChange> levels, string pushKey, SquareOptions square, DateTimeOffset now)
    {
        var request = new BatchChangeRequest(pushKey, IgnoreUnchangedCounts, [.. levels.Select(level => Change(level, square, now))]);

        // Square refuses a key that comes back with another body. The body can differ for the same levels (other names
        // configured, a time moved to the window's edge), and sending an absolute level again is harmless: so the key tells them apart.
        var body = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request, SquareJson.Default.BatchChangeRequest));
        return request with { IdempotencyKey = $"{pushKey}-{Convert.ToHexStringLower(body.AsSpan(0, 8))}" };
    }

    private static InventoryChange Change(LevelChange level, SquareOptions square, DateTimeOffset now) =>
        new("PHYSICAL_COUNT", new PhysicalCount(
            ReferenceId: string.Create(CultureInfo.InvariantCulture, $"stockauthority/{level.Sequence}"),
            CatalogObjectId: square.CatalogObjectOf(level.Key),
            State: "IN_STOCK",
            LocationId: square.LocationOf(level.Key),
            Quantity: level.Available.ToString(CultureInfo.InvariantCulture),
            OccurredAt: OccurredAt.Text(OccurredAt.For(level.RecordTime, now))));
}
