using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>
/// The trigger matrices that the lines of one order fall under: most of the time one. Each line follows its own. While no
/// lines are known, every matrix that the tenant's SKUs can fall under counts, so that nothing is waved through that matters later.
/// </summary>
internal sealed class OrderMatrices
{
    private readonly ImmutableDictionary<string, TriggerMatrix> _bySku;

    private OrderMatrices(ImmutableArray<TriggerMatrix> all, ImmutableDictionary<string, TriggerMatrix> bySku)
    {
        All = all;
        _bySku = bySku;
    }

    /// <summary>In the file's order.</summary>
    public ImmutableArray<TriggerMatrix> All { get; }

    public bool KnowsLines => !_bySku.IsEmpty;

    public static OrderMatrices Of(TriggerMatrices all, DecisionBuilder builder, string? orderRef, ImmutableArray<Payment> payments)
    {
        var bySku = (orderRef is null ? [] : builder.ReservationsOfOrder(orderRef)).SelectMany(reservation => reservation.Lines).Select(line => line.Key.Sku)
            .Concat(payments.SelectMany(payment => PaymentStanding.NamedLines(payment)).Select(line => line.Key.Sku))
            .Distinct(StringComparer.Ordinal)
            .ToImmutableDictionary(sku => sku, sku => all.For(builder.State.TenantId, sku), StringComparer.Ordinal);
        var used = bySku.IsEmpty ? all.ForTenant(builder.State.TenantId) : [.. bySku.Values.Distinct()];
        return new OrderMatrices(used.Length == 1 ? used : [.. all.All.Where(used.Contains)], bySku);
    }

    /// <summary>Whether a line of this key follows the matrix.</summary>
    public bool Covers(TriggerMatrix matrix, StockKey key) => All.Length == 1 || (_bySku.TryGetValue(key.Sku, out var its) && its == matrix);

    /// <summary>Whether an event of the type asks for this of any of the order's lines.</summary>
    public bool Asks(PaymentEventType type, InventoryAction action) => All.Any(matrix => matrix.ActionFor(type) == action);

    /// <summary>Whether an event of the type asks for such an action of any of the order's lines.</summary>
    public bool Asks(PaymentEventType type, Func<InventoryAction, bool> isSuch) => All.Any(matrix => isSuch(matrix.ActionFor(type)));
}
