using StockAuthority.Inventory.V1;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>A ListReservations request that is complete and within bounds. Null: not filtered by it.</summary>
internal sealed record ReservationFilter(
    string TenantId,
    string? OrderRef,
    string? PaymentObjectId,
    string? Sku,
    long? State,
    DateTimeOffset? ExpireBefore,
    int PageSize,
    ReservationPlace Place)
{
    private const int StandardPageSize = 50;

    /// <summary>Below the other lists': a reservation can have 200 lines, and clients take 4 MiB by default.</summary>
    private const int MaximumPageSize = 100;

    /// <summary>Whether the expiry is what finds them, and their order.</summary>
    public bool IsByExpiry => ExpireBefore is not null && OrderRef is null && PaymentObjectId is null;

    public static ReservationFilter Read(ListReservationsRequest request)
    {
        var fields = new RequestFields();
        fields.Known("state", request.State);
        var filter = new ReservationFilter(
            fields.Tenant(request.TenantId),
            fields.Optional("order_ref", request.OrderRef),
            fields.Optional("payment_object_id", request.PaymentObjectId),
            fields.Optional("sku", request.Sku),
            request.State == ReservationState.Unspecified ? null : (long)request.State,
            fields.Time("expire_before", request.ExpireBefore),
            fields.PageSize(request.PageSize, StandardPageSize, MaximumPageSize),
            fields.PageToken(request.PageToken, ReservationPlace.Parse) ?? ReservationPlace.Start);
        fields.ThrowIfAny();
        return filter;
    }
}
