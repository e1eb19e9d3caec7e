using Google.Protobuf.WellKnownTypes;
using Npgsql;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Inventory;
using Ledger = StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Postings;

/// <summary>A recorded posting.</summary>
internal static class PostingRow
{
    public static Posting Read(NpgsqlDataReader row) => new()
    {
        Origin = row.GetString(0),
        System = row.GetString(1),
        DocumentId = row.GetString(2),
        PostTime = Timestamp.FromDateTimeOffset(row.GetFieldValue<DateTimeOffset>(3)),
        Amount = row.IsDBNull(4) ? null : new Money { Currency = row.GetString(4), MinorUnits = row.GetInt64(5) },
        Quantities =
        {
            StoredJson.ReadLines(row.GetString(6)).Select(line => new StockLine { Sku = line.Key.Sku, LocationId = line.Key.LocationId, Quantity = line.Quantity }),
        },
        OrderRef = row.IsDBNull(7) ? "" : row.GetString(7),
        RecordTime = Timestamp.FromDateTimeOffset(row.GetFieldValue<DateTimeOffset>(8)),
    };

    public static string Write(IEnumerable<StockLine> lines) => StoredJson.WriteLines(
        [.. lines.Select(line => new Ledger.StockLine(new Ledger.StockKey(line.Sku, line.LocationId), line.Quantity))]);

    /// <summary>The document and what it says; the time is the first report's, since a look-up may know it less exactly.</summary>
    public static bool SaysTheSame(Posting recorded, Posting again) =>
        recorded.DocumentId == again.DocumentId && Equals(recorded.Amount, again.Amount) && recorded.Quantities.Equals(again.Quantities);
}
