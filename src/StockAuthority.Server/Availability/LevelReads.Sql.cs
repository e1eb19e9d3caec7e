namespace StockAuthority.Server.Availability;

internal sealed partial class LevelReads
{
    /// <summary>LATERAL with LIMIT: one look into the key for each wanted level, whatever the planner believes of the table's size.</summary>
    private const string LevelsSql =
        """
        SELECT wanted.tenant_id, wanted.sku, wanted.location_id,
               l.available, l.reserved, l.committed, l.inspection, l.damaged, l.in_transit, l.shortfall, l.version, l.sequence
        FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (sku, location_id, tenant_id)
        CROSS JOIN LATERAL (
            SELECT *
            FROM stock_levels
            WHERE sku = wanted.sku AND location_id = wanted.location_id AND tenant_id = wanted.tenant_id
            LIMIT 1
        ) AS l
        """;

    private const string SellableSql = "SELECT location_id FROM locations WHERE location_id = ANY ($1) AND tenant_id = $2 AND sellable";
}
