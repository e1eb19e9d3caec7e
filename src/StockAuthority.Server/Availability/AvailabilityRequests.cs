using System.Globalization;
using StockAuthority.Core.Inventory;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Availability;

/// <summary>Reads requests for levels. What comes out is complete and within bounds; everything else is refused here.</summary>
internal static class AvailabilityRequests
{
    public const int MaximumKeys = 500;

    /// <summary>The keys as they were named, repetitions included.</summary>
    public static StockKey[] Read(GetAvailabilityRequest request)
    {
        var fields = new RequestFields();
        fields.Tenant(request.TenantId);
        fields.Known("consistency", request.Consistency);

        if (request.Keys.Count == 0)
        {
            fields.Add("keys", "MISSING_FIELD", "is required: at least one key with sku and location_id");
        }

        var keys = new StockKey[Math.Min(request.Keys.Count, MaximumKeys)];
        if (request.Keys.Count > MaximumKeys)
        {
            fields.Add("keys", "TOO_MANY_KEYS", string.Create(CultureInfo.InvariantCulture, $"has {request.Keys.Count} entries; at most {MaximumKeys} are allowed"));
        }

        for (var index = 0; index < keys.Length; index++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"keys[{index}]");
            keys[index] = new StockKey(
                fields.Text(path + ".sku", request.Keys[index].Sku),
                fields.Text(path + ".location_id", request.Keys[index].LocationId));
        }

        fields.ThrowIfAny();
        return keys;
    }
}
