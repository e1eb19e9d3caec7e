using Npgsql;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// Reads a movement from the columns sequence, sku, location_id, from_state, to_state, quantity, level_version,
/// available_after, operation, order_ref, reservation_number, document_ref, reason, idempotency_key, recorded_at, hash.
/// </summary>
internal static class MovementRow
{
    public static Movement Read(NpgsqlDataReader row) => new(
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
        row.GetFieldValue<byte[]>(15));
}
