using Npgsql;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Cli.Tests;

/// <summary>
/// Makes the chain fit a journal again that was tampered with, as a server with a bug, or a forger with the code, would. The head moves,
/// so that no server goes on from the hash that it remembers.
/// </summary>
internal static class Journal
{
    private const string ReadSql =
        """
        SELECT sequence, sku, location_id, from_state, to_state, quantity, level_version, available_after, operation,
               order_ref, reservation_number, document_ref, reason, idempotency_key, recorded_at, hash, occurred_at
        FROM movements WHERE tenant_id = $1 ORDER BY sequence
        """;

    private const string WriteSql =
        """
        WITH hashed AS (
            UPDATE movements m SET hash = h.hash FROM unnest($2::bigint[], $3::bytea[]) AS h (sequence, hash)
            WHERE m.tenant_id = $1 AND m.sequence = h.sequence
        )
        UPDATE tenants SET last_hash = $4, head_version = head_version + 1 WHERE tenant_id = $1
        """;

    public static Task ChainAgainAsync(Shop shop, string tenant) => ChainAgainAsync(shop.Database.SuperuserConnectionString, tenant);

    public static async Task ChainAgainAsync(string connectionString, string tenant)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        List<long> sequences = [];
        List<byte[]> hashes = [];
        var hash = MovementChain.Genesis;
        await using (var read = new NpgsqlCommand(ReadSql, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = tenant } } })
        {
            await using var row = await read.ExecuteReaderAsync();
            while (await row.ReadAsync())
            {
                hash = MovementChain.Next(hash, tenant, Read(row));
                sequences.Add(row.GetInt64(0));
                hashes.Add(hash);
            }
        }

        await using var write = new NpgsqlCommand(WriteSql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = tenant },
                new NpgsqlParameter<long[]> { TypedValue = [.. sequences] },
                new NpgsqlParameter<byte[][]> { TypedValue = [.. hashes] },
                new NpgsqlParameter<byte[]> { TypedValue = hash },
            },
        };
        await write.ExecuteNonQueryAsync();
    }

    private static Movement Read(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        new StockKey(row.GetString(1), row.GetString(2)),
        (StockState)row.GetInt16(3),
        (StockState)row.GetInt16(4),
        row.GetInt64(5),
        row.GetInt64(6),
        row.GetInt64(7),
        (StockOperation)row.GetInt16(8),
        row.IsDBNull(9) ? null : row.GetString(9),
        row.IsDBNull(10) ? null : row.GetInt64(10),
        row.IsDBNull(11) ? null : row.GetString(11),
        (AdjustmentReason)row.GetInt16(12),
        row.GetString(13),
        row.GetFieldValue<DateTimeOffset>(14),
        [],
        row.IsDBNull(16) ? null : row.GetFieldValue<DateTimeOffset>(16));
}
