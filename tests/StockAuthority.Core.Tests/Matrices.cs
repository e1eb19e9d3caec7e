using System.Collections.Immutable;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Tests;

/// <summary>The presets of the trigger matrix, and changes of them.</summary>
internal static class Matrices
{
    public static readonly ImmutableArray<TriggerMatrixRow> Rows =
    [
        Row("auth-created", InventoryAction.Reserve),
        Row("auth-failed", InventoryAction.Release),
        Row("auth-voided", InventoryAction.Release),
        Row("capture-succeeded", InventoryAction.Commit),
        Row("capture-failed", InventoryAction.Review),
        Row("settlement-confirmed", InventoryAction.None),
        Row("refund-posted", InventoryAction.Review),
        Row("refund-failed", InventoryAction.Review),
        Row("chargeback-opened", InventoryAction.Review),
        Row("chargeback-won", InventoryAction.None),
        Row("chargeback-lost", InventoryAction.Review),
    ];

    public static readonly TriggerMatrix ReserveOnAuthorization = With();

    /// <summary>Attempts do not concern stock, neither good nor failed ones: what the checkout holds waits for the capture.</summary>
    public static readonly TriggerMatrix DeductAtSettlement = With(
        ("auth-created", InventoryAction.None),
        ("auth-failed", InventoryAction.None),
        ("capture-succeeded", InventoryAction.Reserve),
        ("settlement-confirmed", InventoryAction.Commit));

    /// <summary>The variant that holds stock from the authorization on.</summary>
    public static readonly TriggerMatrix ReserveAndDeductAtSettlement = With(
        ("capture-succeeded", InventoryAction.Reserve),
        ("settlement-confirmed", InventoryAction.Commit));

    /// <summary>Presets and odd ones: nothing that a matrix may say can break the books.</summary>
    public static readonly ImmutableArray<TriggerMatrix> Any =
    [
        ReserveOnAuthorization,
        DeductAtSettlement,
        ReserveAndDeductAtSettlement,
        With(("refund-posted", InventoryAction.Release)),
        With(("auth-created", InventoryAction.Commit), ("capture-succeeded", InventoryAction.None)),
        With(("auth-created", InventoryAction.Commit), ("capture-succeeded", InventoryAction.Reserve), ("settlement-confirmed", InventoryAction.Commit)),
        With(("auth-failed", InventoryAction.None), ("auth-voided", InventoryAction.None), ("capture-succeeded", InventoryAction.None), ("settlement-confirmed", InventoryAction.Commit)),
    ];

    public static TriggerMatrix With(params ImmutableArray<(string Event, InventoryAction Action)> changes)
    {
        var rows = Rows.Select(row => changes.FirstOrDefault(change => change.Event == row.Event) is { Event: not null } change
            ? row with { InventoryAction = change.Action }
            : row);
        var (matrix, problems) = TriggerMatrix.Create(rows);
        return matrix ?? throw new InvalidOperationException(string.Join(' ', problems));
    }

    private static TriggerMatrixRow Row(string name, InventoryAction action) =>
        new(name, action, "book", "provisional", "none", "payments-exceptions", "payments-operations");
}
