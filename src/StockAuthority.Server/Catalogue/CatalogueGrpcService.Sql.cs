namespace StockAuthority.Server.Catalogue;

internal sealed partial class CatalogueGrpcService
{
    private const string PutTenantSql =
        """
        INSERT INTO tenants (tenant_id, display_name) VALUES ($1, $2)
        ON CONFLICT (tenant_id) DO UPDATE SET display_name = excluded.display_name
        WHERE tenants.display_name <> excluded.display_name
        """;

    private const string PutLocationSql =
        """
        INSERT INTO locations (location_id, tenant_id, display_name) VALUES ($1, $2, $3)
        ON CONFLICT (location_id, tenant_id) DO UPDATE SET display_name = excluded.display_name
        WHERE locations.display_name <> excluded.display_name
        """;

    private const string ListLocationsSql =
        """
        SELECT location_id, display_name
        FROM locations
        WHERE tenant_id = $1 AND location_id > $2
        ORDER BY location_id
        LIMIT $3
        """;
}
