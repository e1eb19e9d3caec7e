using Npgsql;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Inventory;

/// <summary>Reads a transfer from the columns transfer_id, from_location_id, to_location_id, lines (as text), dispatched_at, closed_at.</summary>
internal static class TransferRow
{
    public static Transfer Read(NpgsqlDataReader row, int first) => new(
        row.GetString(first),
        row.GetString(first + 1),
        row.GetString(first + 2),
        StoredJson.ReadTransferLines(row.GetString(first + 3)),
        row.GetFieldValue<DateTimeOffset>(first + 4),
        row.IsDBNull(first + 5) ? null : row.GetFieldValue<DateTimeOffset>(first + 5));
}
