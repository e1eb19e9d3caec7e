using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Inventory.V1;
using Ledger = StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Inventory;

/// <summary>Writes the ledger's values as API messages.</summary>
internal static class StockMessages
{
    private const string ReservationPrefix = "rsv-";

    public static string ReservationId(long number) => string.Create(CultureInfo.InvariantCulture, $"{ReservationPrefix}{number}");

    /// <summary>The number behind a reservation id; null for a text that cannot be one.</summary>
    public static long? ReservationNumber(string reservationId) =>
        reservationId.StartsWith(ReservationPrefix, StringComparison.Ordinal)
        && long.TryParse(reservationId.AsSpan(ReservationPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number > 0
        && ReservationId(number) == reservationId
            ? number
            : null;

    public static StockLevel Level(Ledger.StockLevel level) => new()
    {
        Sku = level.Key.Sku,
        LocationId = level.Key.LocationId,
        Available = level.Available,
        Reserved = level.Reserved,
        Committed = level.Committed,
        Inspection = level.Inspection,
        Damaged = level.Damaged,
        InTransit = level.InTransit,
        Shortfall = level.Shortfall,
        OnHand = level.OnHand,
        Version = level.Version,
        Sequence = level.Sequence,
    };

    public static Reservation Reservation(Ledger.Reservation reservation) => new()
    {
        ReservationId = ReservationId(reservation.Number),
        OrderRef = reservation.OrderRef,
        PaymentObjectId = reservation.PaymentObjectId ?? "",
        Channel = reservation.Channel ?? "",
        State = (ReservationState)reservation.State,
        CreateTime = reservation.CreatedAt.ToTimestamp(),
        ExpireTime = reservation.ExpireAt.ToTimestamp(),
        Lines =
        {
            reservation.Lines.Select(line => new ReservationLine
            {
                Sku = line.Key.Sku,
                LocationId = line.Key.LocationId,
                Quantity = line.Quantity,
                Reserved = line.Reserved,
                Committed = line.Committed,
                Fulfilled = line.Fulfilled,
                Released = line.Released,
                Returned = line.Returned,
            }),
        },
    };

    public static Transfer Transfer(Ledger.Transfer transfer) => new()
    {
        TransferId = transfer.Id,
        FromLocationId = transfer.FromLocationId,
        ToLocationId = transfer.ToLocationId,
        State = transfer.ClosedAt is null ? TransferState.Open : TransferState.Closed,
        DispatchTime = transfer.DispatchedAt.ToTimestamp(),
        CloseTime = transfer.ClosedAt?.ToTimestamp(),
        Lines =
        {
            transfer.Lines.Select(line => new TransferLine
            {
                Sku = line.Sku,
                Quantity = line.Quantity,
                InTransit = line.InTransit,
                Received = line.Received,
                Lost = line.Lost,
            }),
        },
    };

    public static Movement Movement(Ledger.Movement movement) => new()
    {
        Sequence = movement.Sequence,
        Sku = movement.Key.Sku,
        LocationId = movement.Key.LocationId,
        FromState = (StockState)movement.From,
        ToState = (StockState)movement.To,
        Quantity = movement.Quantity,
        LevelVersion = movement.LevelVersion,
        AvailableAfter = movement.AvailableAfter,
        Operation = (StockOperation)movement.Operation,
        OrderRef = movement.OrderRef ?? "",
        ReservationId = movement.ReservationNumber is { } number ? ReservationId(number) : "",
        DocumentRef = movement.DocumentRef ?? "",
        Reason = (AdjustmentReason)movement.Reason,
        IdempotencyKey = movement.IdempotencyKey,
        RecordTime = movement.RecordedAt.ToTimestamp(),
        Hash = ByteString.CopyFrom(movement.Hash),
        OccurTime = movement.OccurredAt?.ToTimestamp(),
    };
}
