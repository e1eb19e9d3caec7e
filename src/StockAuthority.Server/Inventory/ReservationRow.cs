using Npgsql;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// Reads a reservation from the columns reservation_number, order_ref, payment_object_id, channel, origin, state, lines
/// (as text), created_at, expire_at, closed_at.
/// </summary>
internal static class ReservationRow
{
    public static Reservation Read(NpgsqlDataReader row, int first) => new(
        row.GetInt64(first),
        row.GetString(first + 1),
        row.IsDBNull(first + 2) ? null : row.GetString(first + 2),
        row.IsDBNull(first + 3) ? null : row.GetString(first + 3),
        (ReservationOrigin)row.GetInt16(first + 4),
        (ReservationState)row.GetInt16(first + 5),
        StoredJson.ReadReservationLines(row.GetString(first + 6)),
        row.GetFieldValue<DateTimeOffset>(first + 7),
        row.GetFieldValue<DateTimeOffset>(first + 8),
        row.IsDBNull(first + 9) ? null : row.GetFieldValue<DateTimeOffset>(first + 9));
}
