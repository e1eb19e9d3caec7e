namespace StockAuthority.Server.Inventory;

internal sealed partial class InventoryGrpcService
{
    private const string GetReservationSql =
        """
        SELECT reservation_number, order_ref, payment_object_id, channel, origin, state, lines::text, created_at, expire_at, closed_at
        FROM reservations
        WHERE reservation_number = $1 AND tenant_id = $2
        """;

    private const string GetTransferSql =
        """
        SELECT transfer_id, from_location_id, to_location_id, lines::text, dispatched_at, closed_at
        FROM transfers
        WHERE transfer_id = $1 AND tenant_id = $2
        """;

    /// <summary>
    /// The head and where the page begins, so that an empty page can tell whether the journal goes on; then up to $8 movements.
    /// A first page begins after what was detached from the journal.
    /// </summary>
    private const string ListMovementsSql =
        $"""
        SELECT t.last_sequence, start.sequence, {MovementRow.Columns}
        FROM tenants t
        CROSS JOIN (
            SELECT greatest($2, (SELECT max(sequence) FROM journal_checkpoints WHERE tenant_id = $1)) AS sequence
        ) AS start
        LEFT JOIN LATERAL (
            SELECT * FROM movements
            WHERE tenant_id = $1 AND sequence > start.sequence AND sequence <= least(start.sequence + $3, t.last_sequence)
              AND ($4::text IS NULL OR sku = $4)
              AND ($5::text IS NULL OR location_id = $5)
              AND ($6::text IS NULL OR order_ref = $6)
              AND ($7::bigint IS NULL OR reservation_number = $7)
            ORDER BY sequence
            LIMIT $8
        ) AS m ON true
        WHERE t.tenant_id = $1
        ORDER BY m.sequence
        """;
}
