namespace StockAuthority.Server.Catalogue;

internal sealed partial class CatalogueGrpcService
{
    /// <summary>
    /// $2 display name, null where it is not said; $3 whether a policy is given, $4 and $5 what it says. The row is the tenant's
    /// head: the update waits for whoever appends to the journal, and advancing the version makes what lanes remember stale.
    /// </summary>
    private const string PutTenantSql =
        """
        INSERT INTO tenants AS t (tenant_id, display_name, default_ttl, maximum_ttl) VALUES ($1, coalesce($2, $1), $4, $5)
        ON CONFLICT (tenant_id) DO UPDATE SET
            display_name = coalesce($2, t.display_name),
            default_ttl = CASE WHEN $3 THEN $4 ELSE t.default_ttl END,
            maximum_ttl = CASE WHEN $3 THEN $5 ELSE t.maximum_ttl END,
            head_version = t.head_version + 1
        WHERE t.display_name <> $2 OR ($3 AND (t.default_ttl, t.maximum_ttl) IS DISTINCT FROM ($4, $5))
        """;

    private const string GetTenantSql = "SELECT tenant_id, display_name, default_ttl, maximum_ttl FROM tenants WHERE tenant_id = $1";

    private const string ListTenantsSql =
        """
        SELECT tenant_id, display_name, default_ttl, maximum_ttl
        FROM tenants
        WHERE tenant_id > $1
        ORDER BY tenant_id
        LIMIT $2
        """;

    /// <summary>$3 display name, $4 kind and $5 sellable, each null where it is not said. A row comes back where anything changed.</summary>
    private const string PutLocationSql =
        """
        INSERT INTO locations AS l (location_id, tenant_id, display_name, kind, sellable)
        VALUES ($1, $2, coalesce($3, $1), coalesce($4, 0), coalesce($5, true))
        ON CONFLICT (location_id, tenant_id) DO UPDATE SET
            display_name = coalesce($3, l.display_name), kind = coalesce($4, l.kind), sellable = coalesce($5, l.sellable), changed_at = now()
        WHERE l.display_name <> $3 OR l.kind <> $4 OR l.sellable <> $5
        RETURNING true
        """;

    /// <summary>In the transaction of the change: whoever has decided from what lanes remembered of the tenant then decides again.</summary>
    private const string AdvanceHeadSql = "UPDATE tenants SET head_version = head_version + 1 WHERE tenant_id = $1";

    private const string GetLocationSql = "SELECT location_id, display_name, kind, sellable FROM locations WHERE location_id = $1 AND tenant_id = $2";

    private const string ListLocationsSql =
        """
        SELECT location_id, display_name, kind, sellable
        FROM locations
        WHERE tenant_id = $1 AND location_id > $2
        ORDER BY location_id
        LIMIT $3
        """;
}
