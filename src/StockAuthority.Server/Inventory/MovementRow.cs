using Npgsql;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// Reads a movement from the columns sequence, sku, location_id, from_state, to_state, quantity, level_version,
/// available_after, operation, order_ref, reservation_number, document_ref, reason, idempotency_key, recorded_at, hash, occurred_at.
/// </summary>
internal static class MovementRow
{
    public static Movement Read(NpgsqlDataReader row, int first) => new(
        row.GetInt64(first),
        new StockKey(row.GetString(first + 1), row.GetString(first + 2)),
        (StockState)row.GetInt16(first + 3),
        (StockState)row.GetInt16(first + 4),
        row.GetInt64(first + 5),
        row.GetInt64(first + 6),
        row.GetInt64(first + 7),
        (StockOperation)row.GetInt16(first + 8),
        row.IsDBNull(first + 9) ? null : row.GetString(first + 9),
        row.IsDBNull(first + 10) ? null : row.GetInt64(first + 10),
        row.IsDBNull(first + 11) ? null : row.GetString(first + 11),
        (AdjustmentReason)row.GetInt16(first + 12),
        row.GetString(first + 13),
        row.GetFieldValue<DateTimeOffset>(first + 14),
        row.GetFieldValue<byte[]>(first + 15),
        row.IsDBNull(first + 16) ? null : row.GetFieldValue<DateTimeOffset>(first + 16));
}
