namespace StockAuthority.Cli.Verification;

internal sealed partial class LedgerReads
{
    private const string BeginSql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    private const string CommitSql = "COMMIT";

    /// <summary>Every tenant that has a head or movements: a journal whose head is gone must not go unnoticed. Skips from tenant to tenant.</summary>
    private const string TenantsSql =
        """
        WITH RECURSIVE journals AS (
            (SELECT tenant_id FROM movements ORDER BY tenant_id LIMIT 1)
            UNION ALL
            SELECT (SELECT m.tenant_id FROM movements m WHERE m.tenant_id > j.tenant_id ORDER BY m.tenant_id LIMIT 1)
            FROM journals j WHERE j.tenant_id IS NOT NULL
        )
        SELECT coalesce(t.tenant_id, j.tenant_id), t.last_sequence, t.last_hash,
               coalesce((SELECT max(m.sequence) FROM movements m WHERE m.tenant_id = coalesce(t.tenant_id, j.tenant_id)), 0),
               c.sequence, c.hash, c.seal, c.partition_name
        FROM tenants t FULL JOIN (SELECT tenant_id FROM journals WHERE tenant_id IS NOT NULL) AS j ON j.tenant_id = t.tenant_id
        LEFT JOIN LATERAL (
            SELECT * FROM journal_checkpoints
            WHERE journal_checkpoints.tenant_id = t.tenant_id
            ORDER BY sequence DESC LIMIT 1
        ) AS c ON true
        WHERE $1::text IS NULL OR coalesce(t.tenant_id, j.tenant_id) = $1
        ORDER BY 1
        """;

    private const string HeadsSql = "SELECT tenant_id, last_sequence, last_hash FROM tenants WHERE tenant_id = ANY ($1)";

    private const string JournalSql =
        """
        SELECT sequence, sku, location_id, from_state, to_state, quantity, level_version, available_after, operation,
               order_ref, reservation_number, document_ref, reason, idempotency_key, recorded_at, hash, occurred_at
        FROM movements
        WHERE tenant_id = $1 AND sequence > $2 AND sequence <= $3
        ORDER BY sequence
        LIMIT $4
        """;

    private const string LevelsSql =
        """
        SELECT tenant_id, sku, location_id, available, reserved, committed, inspection, damaged, in_transit, shortfall, version, sequence
        FROM stock_levels
        WHERE tenant_id = ANY ($1) AND (sku, location_id, tenant_id) > ($2, $3, $4)
        ORDER BY sku, location_id, tenant_id
        LIMIT $5
        """;

    private const string LevelsByKeySql =
        """
        SELECT l.tenant_id, l.sku, l.location_id, l.available, l.reserved, l.committed, l.inspection, l.damaged, l.in_transit, l.shortfall, l.version, l.sequence
        FROM unnest($2::text[], $3::text[]) AS wanted (sku, location_id)
        CROSS JOIN unnest($1::text[]) AS tenant (tenant_id)
        CROSS JOIN LATERAL (
            SELECT * FROM stock_levels
            WHERE stock_levels.sku = wanted.sku AND stock_levels.location_id = wanted.location_id AND stock_levels.tenant_id = tenant.tenant_id
            OFFSET 0
        ) AS l
        """;

    /// <summary>With ties: numbers are the tenants' own, and a page ends between two of them.</summary>
    private const string ReservationsSql =
        """
        SELECT tenant_id, reservation_number, lines::text, CASE WHEN state = 1 THEN expire_at END
        FROM reservations
        WHERE tenant_id = ANY ($1) AND reservation_number > $2
        ORDER BY reservation_number
        FETCH FIRST $3 ROWS WITH TIES
        """;

    // Look-ups are LATERAL with OFFSET 0, so that the planner cannot turn them around and read a whole index for a page.
    private const string WithoutOutcomeSql =
        """
        SELECT used.place
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS used (idempotency_key, tenant_id, place)
        LEFT JOIN LATERAL (
            SELECT true AS found FROM outcomes
            WHERE outcomes.idempotency_key = used.idempotency_key AND outcomes.tenant_id = used.tenant_id
            OFFSET 0
        ) AS o ON true
        WHERE o.found IS NULL
        """;

    private const string ExpiriesSql =
        """
        SELECT e.tenant_id, e.expire_at, e.reservation_numbers
        FROM unnest($1::text[], $2::timestamptz[]) AS wanted (tenant_id, expire_at)
        CROSS JOIN LATERAL (
            SELECT * FROM expiries
            WHERE expiries.expire_at = wanted.expire_at AND expiries.tenant_id = wanted.tenant_id
            OFFSET 0
        ) AS e
        """;

    private const string WithoutExpirySql =
        """
        SELECT named.place
        FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS named (reservation_number, tenant_id, place)
        CROSS JOIN LATERAL (
            SELECT * FROM reservations
            WHERE reservations.reservation_number = named.reservation_number AND reservations.tenant_id = named.tenant_id
            OFFSET 0
        ) AS r
        WHERE r.state = 1 AND NOT EXISTS (
            SELECT FROM expiries e
            WHERE e.expire_at = r.expire_at AND e.tenant_id = r.tenant_id AND r.reservation_number = ANY (e.reservation_numbers))
        """;

    private const string WithoutPaymentSql =
        """
        SELECT used.place
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS used (order_ref, tenant_id, place)
        LEFT JOIN LATERAL (
            SELECT true AS found FROM payments
            WHERE payments.order_ref = used.order_ref AND payments.tenant_id = used.tenant_id
            LIMIT 1
        ) AS p ON true
        WHERE p.found IS NULL
        """;

    private const string EqualKeysSql =
        """
        SELECT pair.place, m.idempotency_key
        FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS pair (tenant_id, first_sequence, again_sequence, place)
        CROSS JOIN LATERAL (
            SELECT idempotency_key FROM movements
            WHERE movements.tenant_id = pair.tenant_id AND movements.sequence = pair.first_sequence
            OFFSET 0
        ) AS m
        CROSS JOIN LATERAL (
            SELECT idempotency_key FROM movements
            WHERE movements.tenant_id = pair.tenant_id AND movements.sequence = pair.again_sequence
            OFFSET 0
        ) AS n
        WHERE m.idempotency_key = n.idempotency_key
        """;

    /// <summary>
    /// The first reservation of a key that does not hold what its movements say, on top of what it held at the checkpoint.
    /// Reads the whole journal: only asked where something is wrong.
    /// </summary>
    private const string DifferingReservationSql =
        """
        WITH moved AS (
            SELECT reservation_number, sum(reserved) AS reserved, sum(committed) AS committed
            FROM (
                SELECT reservation_number,
                       CASE WHEN to_state = 2 THEN quantity WHEN from_state = 2 THEN -quantity ELSE 0 END AS reserved,
                       CASE WHEN to_state = 3 THEN quantity WHEN from_state = 3 THEN -quantity ELSE 0 END AS committed
                FROM movements
                WHERE tenant_id = $1 AND sku = $2 AND location_id = $3 AND reservation_number IS NOT NULL AND sequence > $4
                UNION ALL
                SELECT reservation_number, reserved, committed
                FROM journal_checkpoint_reservations
                WHERE tenant_id = $1 AND sku = $2 AND location_id = $3
            ) AS changes
            GROUP BY reservation_number
        ), held AS (
            SELECT r.reservation_number, sum(coalesce(line.reserved, 0)) AS reserved, sum(coalesce(line.committed, 0)) AS committed
            FROM reservations r CROSS JOIN LATERAL jsonb_to_recordset(r.lines) AS line (sku text, location_id text, reserved bigint, committed bigint)
            WHERE r.tenant_id = $1 AND line.sku = $2 AND line.location_id = $3
            GROUP BY r.reservation_number
        )
        SELECT reservation_number, coalesce(m.reserved, 0)::bigint, coalesce(m.committed, 0)::bigint,
               coalesce(h.reserved, 0)::bigint, coalesce(h.committed, 0)::bigint, h.reservation_number IS NOT NULL
        FROM moved m FULL JOIN held h USING (reservation_number)
        WHERE coalesce(m.reserved, 0) <> coalesce(h.reserved, 0) OR coalesce(m.committed, 0) <> coalesce(h.committed, 0)
        ORDER BY reservation_number
        LIMIT 1
        """;

    /// <summary>In the seal's order.</summary>
    private const string CheckpointLevelsSql =
        """
        SELECT tenant_id, sku, location_id, available, reserved, committed, inspection, damaged, in_transit, shortfall, version, sequence
        FROM journal_checkpoint_levels
        WHERE tenant_id = $1 AND sequence > $2
        ORDER BY sequence
        LIMIT $3
        """;

    /// <summary>In the seal's order.</summary>
    private const string CheckpointReservationsSql =
        """
        SELECT reservation_number, sku, location_id, reserved, committed
        FROM journal_checkpoint_reservations
        WHERE tenant_id = $1 AND (reservation_number, sku, location_id) > ($2, $3, $4)
        ORDER BY reservation_number, sku, location_id
        LIMIT $5
        """;

    /// <summary>Which of the partitions that checkpoints name are in the database, and whether they are attached still.</summary>
    private const string CutPartitionsSql =
        """
        SELECT cut.partition_name, attached.partition_name IS NOT NULL
        FROM (SELECT DISTINCT partition_name FROM journal_checkpoints) AS cut
        LEFT JOIN movement_partitions attached ON attached.partition_name = cut.partition_name AND NOT attached.is_detaching
        WHERE to_regclass(quote_ident(cut.partition_name)) IS NOT NULL
        ORDER BY 1
        """;

    /// <summary>The stretch of each tenant's journal that a partition has, from the checkpoint before it to its own.</summary>
    private const string StretchesSql =
        """
        SELECT c.tenant_id, coalesce(before.sequence, 0), before.hash, c.sequence, c.hash
        FROM journal_checkpoints c
        LEFT JOIN LATERAL (
            SELECT sequence, hash FROM journal_checkpoints
            WHERE journal_checkpoints.tenant_id = c.tenant_id AND journal_checkpoints.sequence < c.sequence
            ORDER BY sequence DESC LIMIT 1
        ) AS before ON true
        WHERE c.partition_name = $1 AND ($2::text IS NULL OR c.tenant_id = $2)
        ORDER BY 1
        """;

    private const string LockSql = "SELECT pg_try_advisory_lock_shared(7340213)";

    /// <summary>A table's name cannot be a parameter.</summary>
    private static string Of(string partition, string sql) =>
        sql.Replace("FROM movements\n", $"FROM \"{partition.Replace("\"", "\"\"", StringComparison.Ordinal)}\"\n", StringComparison.Ordinal);
}
