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

    public static readonly TriggerMatrix DeductAtSettlement = With(
        ("auth-created", InventoryAction.None),
        ("capture-succeeded", InventoryAction.Reserve),
        ("settlement-confirmed", InventoryAction.Commit));

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
