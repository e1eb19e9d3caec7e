using Npgsql;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Inventory;

/// <summary>Reads a level from the columns available, reserved, committed, inspection, damaged, in_transit, shortfall, version, sequence.</summary>
internal static class LevelRow
{
    public static StockLevel Read(NpgsqlDataReader row, StockKey key, int first) => new(
        key,
        row.GetInt64(first),
        row.GetInt64(first + 1),
        row.GetInt64(first + 2),
        row.GetInt64(first + 3),
        row.GetInt64(first + 4),
        row.GetInt64(first + 5),
        row.GetInt64(first + 6),
        row.GetInt64(first + 7),
        row.GetInt64(first + 8));
}
