using System.Globalization;
using Npgsql;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Bench;

/// <summary>Checks the ledger's invariants on the data that a run left behind.</summary>
internal static class Verification
{
    private const string UnbalancedSql =
        """
        WITH signed AS (
            SELECT sku, location_id, tenant_id, to_state AS state, quantity FROM movements
            UNION ALL
            SELECT sku, location_id, tenant_id, from_state, -quantity FROM movements
        ), sums AS (
            SELECT sku, location_id, tenant_id,
                   coalesce(sum(quantity) FILTER (WHERE state = 1), 0) AS available,
                   coalesce(sum(quantity) FILTER (WHERE state = 2), 0) AS reserved,
                   coalesce(sum(quantity) FILTER (WHERE state = 3), 0) AS committed,
                   coalesce(-sum(quantity) FILTER (WHERE state = 7), 0) AS shortfall
            FROM signed GROUP BY sku, location_id, tenant_id
        )
        SELECT count(*) FROM stock_levels l FULL JOIN sums s USING (sku, location_id, tenant_id)
        WHERE l.available IS DISTINCT FROM s.available OR l.reserved IS DISTINCT FROM s.reserved
           OR l.committed IS DISTINCT FROM s.committed OR l.shortfall IS DISTINCT FROM s.shortfall
        """;

    private const string ReservedSql =
        """
        WITH held AS (
            SELECT line.sku, line.location_id, r.tenant_id, sum(line.reserved) AS reserved, sum(line.committed) AS committed
            FROM reservations r CROSS JOIN LATERAL jsonb_to_recordset(r.lines) AS line (sku text, location_id text, reserved bigint, committed bigint)
            GROUP BY line.sku, line.location_id, r.tenant_id
        )
        SELECT count(*) FROM stock_levels l LEFT JOIN held h USING (sku, location_id, tenant_id)
        WHERE l.reserved <> coalesce(h.reserved, 0) OR l.committed <> coalesce(h.committed, 0)
        """;

    private const string RepeatedKeysSql =
        """
        SELECT count(*) FROM (
            SELECT 1 FROM reservations r JOIN movements m ON m.tenant_id = r.tenant_id AND m.sequence = r.reservation_number
            GROUP BY m.idempotency_key, m.tenant_id HAVING count(*) > 1) AS repeated
        """;

    private const string UnansweredKeysSql =
        """
        SELECT count(*) FROM (SELECT DISTINCT idempotency_key, tenant_id FROM movements WHERE operation <> 6) AS m
        LEFT JOIN outcomes o USING (idempotency_key, tenant_id) WHERE o.idempotency_key IS NULL
        """;

    private const string JournalSql =
        """
        SELECT tenant_id, sequence, sku, location_id, from_state, to_state, quantity, level_version, available_after, operation,
               order_ref, reservation_number, document_ref, reason, idempotency_key, recorded_at, hash
        FROM movements ORDER BY tenant_id, sequence
        """;

    public static async Task<IReadOnlyList<string>> ProblemsAsync(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 600 }.ConnectionString);
        var problems = new List<string>();
        await CountAsync(source, UnbalancedSql, "levels differ from the sum of their movements", problems);
        await CountAsync(source, ReservedSql, "levels differ from what reservations hold", problems);
        await CountAsync(source, RepeatedKeysSql, "idempotency keys made more than one reservation", problems);
        await CountAsync(source, UnansweredKeysSql, "idempotency keys moved stock without a stored outcome", problems);
        await ChainAsync(source, problems);
        return problems;
    }

    private static async Task CountAsync(NpgsqlDataSource source, string sql, string meaning, List<string> problems)
    {
        await using var command = source.CreateCommand(sql);
        if ((long)(await command.ExecuteScalarAsync())! is > 0 and var count)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {meaning}."));
        }
    }

    private static async Task ChainAsync(NpgsqlDataSource source, List<string> problems)
    {
        await using var command = source.CreateCommand(JournalSql);
        await using var reader = await command.ExecuteReaderAsync();
        var (tenant, sequence, hash) = ("", 0L, MovementChain.Genesis);
        while (await reader.ReadAsync())
        {
            if (tenant != reader.GetString(0))
            {
                (tenant, sequence, hash) = (reader.GetString(0), 0L, MovementChain.Genesis);
            }

            var movement = Read(reader);
            hash = MovementChain.Next(hash, tenant, movement);
            sequence++;
            if (movement.Sequence != sequence || !hash.AsSpan().SequenceEqual(movement.Hash))
            {
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"The journal of {tenant} breaks at sequence {movement.Sequence}."));
                return;
            }
        }
    }

    private static Movement Read(NpgsqlDataReader row) => new(
        row.GetInt64(1),
        new StockKey(row.GetString(2), row.GetString(3)),
        (StockState)row.GetInt16(4),
        (StockState)row.GetInt16(5),
        row.GetInt64(6),
        row.GetInt64(7),
        row.GetInt64(8),
        (StockOperation)row.GetInt16(9),
        row.IsDBNull(10) ? null : row.GetString(10),
        row.IsDBNull(11) ? null : row.GetInt64(11),
        row.IsDBNull(12) ? null : row.GetString(12),
        (AdjustmentReason)row.GetInt16(13),
        row.GetString(14),
        row.GetFieldValue<DateTimeOffset>(15),
        row.GetFieldValue<byte[]>(16));
}
