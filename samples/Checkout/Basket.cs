using System.Globalization;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Samples.Checkout;

/// <summary>What a shopper wants.</summary>
internal sealed record Basket(string OrderRef, IReadOnlyList<StockLine> Lines)
{
    private const string Warehouse = "warehouse-1";

    /// <summary>Null for arguments that make no basket. Two mugs of a new order where nothing is said.</summary>
    public static Basket? Parse(IReadOnlyList<string> arguments)
    {
        var order = $"order-{Guid.CreateVersion7():N}";
        var lines = new List<StockLine>();
        foreach (var argument in arguments.Where(each => each != "--decline"))
        {
            var parts = argument.Split('=');
            if (parts.Length == 1)
            {
                order = argument;
            }
            else if (parts.Length == 2 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var quantity))
            {
                lines.Add(new StockLine { Sku = parts[0], LocationId = Warehouse, Quantity = quantity });
            }
            else
            {
                return null;
            }
        }

        return new Basket(order, lines.Count > 0 ? lines : [new StockLine { Sku = "mug-blue", LocationId = Warehouse, Quantity = 2 }]);
    }
}
