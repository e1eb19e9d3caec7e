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

    public static readonly TriggerMatrices ReserveOnAuthorization = With();

    /// <summary>Attempts do not concern stock, neither good nor failed ones: what the checkout holds waits for the capture.</summary>
    public static readonly TriggerMatrices DeductAtSettlement = With(
        ("auth-created", InventoryAction.None),
        ("auth-failed", InventoryAction.None),
        ("capture-succeeded", InventoryAction.Reserve),
        ("settlement-confirmed", InventoryAction.Commit));

    /// <summary>The variant that holds stock from the authorization on.</summary>
    public static readonly TriggerMatrices ReserveAndDeductAtSettlement = With(
        ("capture-succeeded", InventoryAction.Reserve),
        ("settlement-confirmed", InventoryAction.Commit));

    /// <summary>Teas are deducted at settlement, everything else is reserved on authorization.</summary>
    public static readonly TriggerMatrices Mixed = WithTeas(
        Rows,
        Row("auth-created", InventoryAction.None),
        Row("auth-failed", InventoryAction.None),
        Row("capture-succeeded", InventoryAction.Reserve),
        Row("settlement-confirmed", InventoryAction.Commit));

    /// <summary>Refunded teas are for people, everything else that is refunded goes back on sale.</summary>
    public static readonly TriggerMatrices MixedRefunds = WithTeas(
        Changed(("refund-posted", InventoryAction.Release)),
        Row("refund-posted", InventoryAction.Review));

    /// <summary>A failed capture of mugs ends the authorization, one of teas does not; a chargeback of teas is for people.</summary>
    public static readonly TriggerMatrices FailedCapturesAndChargebacksDiffer = WithTeas(
        Changed(("capture-failed", InventoryAction.Release), ("chargeback-opened", InventoryAction.None)),
        Row("capture-failed", InventoryAction.None),
        Row("chargeback-opened", InventoryAction.Review));

    /// <summary>Presets and odd ones: nothing that a matrix may say can break the books.</summary>
    public static readonly ImmutableArray<TriggerMatrices> Any =
    [
        ReserveOnAuthorization,
        DeductAtSettlement,
        ReserveAndDeductAtSettlement,
        With(("refund-posted", InventoryAction.Release)),
        With(("auth-created", InventoryAction.Commit), ("capture-succeeded", InventoryAction.None)),
        With(("auth-created", InventoryAction.Commit), ("capture-succeeded", InventoryAction.Reserve), ("settlement-confirmed", InventoryAction.Commit)),
        Mixed,
        With(("auth-failed", InventoryAction.None), ("auth-voided", InventoryAction.None), ("capture-succeeded", InventoryAction.None), ("settlement-confirmed", InventoryAction.Commit)),
    ];

    public static TriggerMatrices With(params ImmutableArray<(string Event, InventoryAction Action)> changes)
    {
        var (matrix, problems) = TriggerMatrix.Create(Changed(changes));
        return TriggerMatrices.Of(matrix ?? throw new InvalidOperationException(string.Join(' ', problems)));
    }

    /// <summary>These rows, and others for teas.</summary>
    public static TriggerMatrices WithTeas(IEnumerable<TriggerMatrixRow> rows, params ImmutableArray<TriggerMatrixRow> ofTeas) =>
        Of(rows, [new SkuClass("teas", ["tea", "tea-*"])], new MatrixOverride("teas", [], ["teas"], ofTeas, Windows()));

    public static TriggerMatrices Of(IEnumerable<TriggerMatrixRow> rows, ImmutableArray<SkuClass> classes, params ImmutableArray<MatrixOverride> overrides) =>
        Of(rows, Windows(), classes, overrides);

    public static TriggerMatrices Of(
        IEnumerable<TriggerMatrixRow> rows,
        ImmutableSortedDictionary<string, TimeSpan> windows,
        ImmutableArray<SkuClass> classes,
        params ImmutableArray<MatrixOverride> overrides)
    {
        var (matrices, problems) = TriggerMatrices.Create(rows, windows, classes, overrides);
        return matrices ?? throw new InvalidOperationException(string.Join(' ', problems));
    }

    public static ImmutableSortedDictionary<string, TimeSpan> Windows(params ImmutableArray<(string Method, TimeSpan Window)> windows) =>
        windows.ToImmutableSortedDictionary(each => each.Method, each => each.Window, StringComparer.Ordinal);

    public static IEnumerable<TriggerMatrixRow> Changed(params ImmutableArray<(string Event, InventoryAction Action)> changes) =>
        Rows.Select(row => changes.FirstOrDefault(change => change.Event == row.Event) is { Event: not null } change
            ? row with { InventoryAction = change.Action }
            : row);

    public static TriggerMatrixRow Row(string name, InventoryAction action) =>
        new(name, action, "book", "provisional", "none", "payments-exceptions", "payments-operations");
}
