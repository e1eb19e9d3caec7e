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

    /// <summary>Before the sequence in each count's reference: by it what we wrote ourselves is recognised in Square's list of changes.</summary>
    public const string ReferencePrefix = "stockauthority/";

    public static BatchChangeRequest For(IReadOnlyList<LevelChange> levels, IReadOnlyList<SquareTarget> targets, string pushKey, DateTimeOffset now)
    {
        var request = new BatchChangeRequest(pushKey, IgnoreUnchangedCounts, [.. levels.Zip(targets).Select(pair => Change(pair.First, pair.Second, now))]);

        // Square refuses a key that comes back with another body. The body can differ for the same levels (other names
        // configured, a time moved to the window's edge), and sending an absolute level again is harmless: so the key tells them apart.
        var body = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request, SquareJson.Default.BatchChangeRequest));
        return request with { IdempotencyKey = $"{pushKey}-{Convert.ToHexStringLower(body.AsSpan(0, 8))}" };
    }

    private static InventoryChange Change(LevelChange level, SquareTarget target, DateTimeOffset now) =>
        new("PHYSICAL_COUNT", new PhysicalCount(
            ReferenceId: string.Create(CultureInfo.InvariantCulture, $"{ReferencePrefix}{level.Sequence}"),
            CatalogObjectId: target.CatalogObjectId!,
            State: "IN_STOCK",
            LocationId: target.LocationId!,
            Quantity: level.Available.ToString(CultureInfo.InvariantCulture),
            OccurredAt: OccurredAt.Text(OccurredAt.For(level.RecordTime, now))));
}
