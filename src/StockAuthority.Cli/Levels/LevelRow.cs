using System.Globalization;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using StockAuthority.Client;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Cli.Levels;

/// <summary>A row of the file that can be sent.</summary>
/// <param name="Line">Its line in the file, from 1.</param>
internal sealed record LevelRow(long Line, string Sku, string LocationId, long Quantity)
{
    /// <summary>Stands for the SKU and location, small enough to remember those of every row.</summary>
    public UInt128 Place => XxHash128.HashToUInt128(Framed(Sku, LocationId));

    /// <summary>
    /// The same whenever this row is sent under this import's name. Another quantity makes another key: the authority then says
    /// that the level is open already, instead of answering for units that were never sent.
    /// </summary>
    public IdempotencyKey Key(string importId) =>
        new("import:" + Convert.ToHexStringLower(SHA256.HashData(Framed(importId, Sku, LocationId, Quantity.ToString(CultureInfo.InvariantCulture)))));

    public ExecuteCommand Command(string importId) => new()
    {
        Adjust = new AdjustRequest
        {
            IdempotencyKey = Key(importId).Text,
            DocumentRef = importId,
            Reason = AdjustmentReason.OpeningBalance,
            Lines = { new StockLine { Sku = Sku, LocationId = LocationId, Quantity = Quantity } },
        },
    };

    /// <summary>Each text behind its length, so that no two rows have the same bytes.</summary>
    private static byte[] Framed(params ReadOnlySpan<string> texts)
    {
        var framed = new StringBuilder();
        foreach (var text in texts)
        {
            framed.Append(CultureInfo.InvariantCulture, $"{text.Length}:{text}");
        }

        return Encoding.UTF8.GetBytes(framed.ToString());
    }
}
