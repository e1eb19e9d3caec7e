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

    private readonly ImmutableArray<TriggerMatrix> _ofTenant;

    private OrderMatrices(ImmutableArray<TriggerMatrix> ofTenant, ImmutableArray<TriggerMatrix> all, ImmutableDictionary<string, TriggerMatrix> bySku)
    {
        _ofTenant = ofTenant;
        All = all;
        _bySku = bySku;
    }

    /// <summary>In the file's order.</summary>
    public ImmutableArray<TriggerMatrix> All { get; }

    /// <param name="payments">With all of their facts.</param>
    public static OrderMatrices Of(TriggerMatrices all, DecisionBuilder builder, string? orderRef, ImmutableArray<Payment> payments)
    {
        var ofTenant = all.ForTenant(builder.State.TenantId);
        if (ofTenant.Length == 1)
        {
            return new OrderMatrices(ofTenant, ofTenant, ImmutableDictionary<string, TriggerMatrix>.Empty);
        }

        var bySku = (orderRef is null ? [] : builder.ReservationsOfOrder(orderRef)).SelectMany(reservation => reservation.Lines).Select(line => line.Key.Sku)
            .Concat(payments.SelectMany(payment => PaymentStanding.NamedLines(payment)).Select(line => line.Key.Sku))
            .Distinct(StringComparer.Ordinal)
            .ToImmutableDictionary(sku => sku, sku => all.For(builder.State.TenantId, sku), StringComparer.Ordinal);
        return new OrderMatrices(
            ofTenant,
            [.. all.All.Where(bySku.IsEmpty ? ofTenant.Contains : bySku.Values.ToHashSet().Contains)],
            bySku);
    }

    /// <summary>Whether a line of this key follows the matrix.</summary>
    public bool Covers(TriggerMatrix matrix, StockKey key) => All.Length == 1 || (_bySku.TryGetValue(key.Sku, out var its) && its == matrix);

    /// <summary>Whether an event of the type asks for this of any of the order's lines.</summary>
    public bool Asks(PaymentEventType type, InventoryAction action) => All.Any(matrix => matrix.ActionFor(type) == action);

    /// <summary>Whether an event of the type asks for such an action of any of the order's lines.</summary>
    public bool Asks(PaymentEventType type, Func<InventoryAction, bool> isSuch) => All.Any(matrix => isSuch(matrix.ActionFor(type)));

    /// <summary>Who answers for an event of the type: the row of the first matrix that has people look at it, else of the first.</summary>
    public TriggerMatrixRow RowFor(PaymentEventType type) =>
        (All.FirstOrDefault(matrix => matrix.ActionFor(type) == InventoryAction.Review) ?? All[0]).RowFor(type);

    /// <summary>Whether an event of the type asks for such an action of any line that the order may turn out to have.</summary>
    public bool CanAsk(PaymentEventType type, Func<InventoryAction, bool> isSuch) => _ofTenant.Any(matrix => isSuch(matrix.ActionFor(type)));

    /// <summary>
    /// Whether it can still change that an event of the type asks for this: lines that become known add matrices, and the first ones
    /// leave those that the order has.
    /// </summary>
    public bool CanDiffer(PaymentEventType type, InventoryAction action) =>
        _bySku.IsEmpty
            ? _ofTenant.Any(matrix => matrix.ActionFor(type) == action) && !_ofTenant.All(matrix => matrix.ActionFor(type) == action)
            : !Asks(type, action) && _ofTenant.Any(matrix => matrix.ActionFor(type) == action);
}
