using Npgsql;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Inventory;

/// <summary>Reads a movement from <see cref="Columns"/>.</summary>
internal static class MovementRow
{
    /// <summary>Of movements m.</summary>
    public const string Columns =
        """
        m.sequence, m.sku, m.location_id, m.from_state, m.to_state, m.quantity, m.level_version, m.available_after,
        m.operation, m.order_ref, m.reservation_number, m.document_ref, m.reason, m.idempotency_key, m.recorded_at, m.hash, m.occurred_at
        """;

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
