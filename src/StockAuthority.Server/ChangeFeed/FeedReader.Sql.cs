using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.ChangeFeed;

internal sealed partial class FeedReader
{
    /// <summary>
    /// One statement, so one snapshot: the head, the movements up to it and their levels fit together. A tenant without
    /// movements there still answers its head; one that does not exist answers nothing. LATERAL with LIMIT: a walk along one
    /// key and one look into another, whatever the planner believes of the tables' sizes. The time, where it is known, spares
    /// the partitions of before.
    /// </summary>
    private const string PageSql =
        $"""
        SELECT {MovementRow.Columns},
               l.available, l.reserved, l.committed, l.inspection, l.damaged, l.in_transit, l.shortfall, l.version, l.sequence,
               t.last_sequence
        FROM tenants t
        LEFT JOIN LATERAL (
            SELECT *
            FROM movements
            WHERE tenant_id = $1 AND sequence > $2 AND recorded_at >= $4
            ORDER BY sequence
            LIMIT $3
        ) AS m ON true
        LEFT JOIN LATERAL (
            SELECT *
            FROM stock_levels
            WHERE sku = m.sku AND location_id = m.location_id AND tenant_id = $1
            LIMIT 1
        ) AS l ON true
        WHERE t.tenant_id = $1
        ORDER BY m.sequence
        """;

    private const string DetachedSql = "SELECT coalesce(max(sequence), 0) FROM journal_checkpoints WHERE tenant_id = $1";
}
