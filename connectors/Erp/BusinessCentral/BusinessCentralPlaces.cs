using System.Text.Json.Nodes;
using StockAuthority.Connectors.Erp.Mapping;

namespace StockAuthority.Connectors.Erp.BusinessCentral;

/// <summary>
/// Places of the mapping are location codes, but for these words: what comes from there or goes there is an entry of that type.
/// </summary>
internal static class BusinessCentralPlaces
{
    public const string Purchase = "Purchase";
    public const string Sale = "Sale";
    public const string Adjustment = "Adjustment";

    public static bool IsLocation(string place) => place is not (Purchase or Sale or Adjustment);

    /// <summary>Whether it is a transfer, which is posted in a journal of that type.</summary>
    public static bool IsTransfer(ErpGoods goods) => IsLocation(goods.From) && IsLocation(goods.To);

    /// <summary>
    /// An item journal line's type, places and quantity. What goes back to a supplier or comes back from a customer is a purchase or a sale of less than nothing,
    /// so that the cost goes the way it came.
    /// </summary>
    /// <exception cref="BusinessCentralRefusalException">Neither end is a location.</exception>
    public static JsonObject Line(ErpGoods goods) => (IsLocation(goods.From), IsLocation(goods.To)) switch
    {
        (true, true) => Line("Transfer", goods.From, goods.Quantity, goods.To),
        (false, true) => goods.From switch
        {
            Purchase => Line("Purchase", goods.To, goods.Quantity),
            Sale => Line("Sale", goods.To, -goods.Quantity),
            _ => Line("Positive Adjmt.", goods.To, goods.Quantity),
        },
        (true, false) => goods.To switch
        {
            Purchase => Line("Purchase", goods.From, -goods.Quantity),
            Sale => Line("Sale", goods.From, goods.Quantity),
            _ => Line("Negative Adjmt.", goods.From, goods.Quantity),
        },
        _ => throw new BusinessCentralRefusalException(0, "NO_LOCATION", $"Neither '{goods.From}' nor '{goods.To}' is a location."),
    };

    private static JsonObject Line(string type, string location, long quantity, string? newLocation = null)
    {
        var line = new JsonObject { ["entryType"] = type, ["locationCode"] = location, ["quantity"] = quantity };
        if (newLocation is not null)
        {
            line["newLocationCode"] = newLocation;
        }

        return line;
    }
}
