using Google.Protobuf.WellKnownTypes;
using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Inventory.V1;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Catalogue;

/// <summary>Reads and writes the messages of the catalogue.</summary>
internal static class CatalogueRequests
{
    private const string Bounds = "1 minute to 90 days";

    /// <summary>What the policy says; its bounds are the ledger's.</summary>
    public static (TimeSpan? DefaultTtl, TimeSpan? MaximumTtl) Policy(RequestFields fields, TenantPolicy? policy)
    {
        var (shortest, longest) = (ReservationPolicy.ShortestDefault, ReservationPolicy.Standard.LongestTimeToLive);
        var defaultTtl = fields.Span("policy.default_ttl", policy?.DefaultTtl, shortest, longest, Bounds);
        var maximumTtl = fields.Span("policy.maximum_ttl", policy?.MaximumTtl, shortest, longest, Bounds);
        if (defaultTtl > maximumTtl)
        {
            fields.Add("policy.default_ttl", "OUT_OF_RANGE", "must not be longer than policy.maximum_ttl");
        }

        return (defaultTtl?.ToDatabasePrecision(), maximumTtl?.ToDatabasePrecision());
    }

    /// <summary>From the columns tenant_id, display_name, default_ttl, maximum_ttl.</summary>
    public static RegisteredTenant ReadTenant(NpgsqlDataReader row)
    {
        var policy = new TenantPolicy();
        if (!row.IsDBNull(2))
        {
            policy.DefaultTtl = Duration.FromTimeSpan(row.GetFieldValue<TimeSpan>(2));
        }

        if (!row.IsDBNull(3))
        {
            policy.MaximumTtl = Duration.FromTimeSpan(row.GetFieldValue<TimeSpan>(3));
        }

        return new RegisteredTenant { TenantId = row.GetString(0), DisplayName = row.GetString(1), Policy = policy };
    }

    /// <summary>From the columns location_id, display_name, kind, sellable.</summary>
    public static Location ReadLocation(NpgsqlDataReader row) => new()
    {
        LocationId = row.GetString(0),
        DisplayName = row.GetString(1),
        Kind = (LocationKind)row.GetInt16(2),
        Sellable = row.GetBoolean(3),
    };
}
