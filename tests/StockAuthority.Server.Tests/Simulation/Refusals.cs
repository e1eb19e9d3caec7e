using StockAuthority.Core.Inventory;
using StockAuthority.Inventory.V1;
using AdjustmentReason = StockAuthority.Inventory.V1.AdjustmentReason;
using StockState = StockAuthority.Core.Inventory.StockState;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>Whether a refusal was right for a given stock.</summary>
internal static class Refusals
{
    /// <summary>Whether such an answer is not kept under its key: the request is wrong, not the stock.</summary>
    public static bool IsUnrecorded(string? reason) => reason is "RESERVATION_NOT_FOUND" or "TRANSFER_NOT_FOUND" or "UNKNOWN_LOCATION";

    public static bool IsRight(StockModel stock, Call call)
    {
        var refusal = call.Answer!.Refusal!;
        var told = (Answers.Detail<StockShortages>(refusal)?.Shortages ?? [])
            .Select(each => (new StockKey(each.Sku, each.LocationId), each.Requested, each.Available));
        return Answers.Reason(call.Answer) switch
        {
            "INSUFFICIENT_STOCK" => Wanted(call).Where(each => each.Quantity > stock.Available(each.Key))
                .Select(each => (each.Key, each.Quantity, stock.Available(each.Key))).SequenceEqual(told),
            "QUANTITY_EXCEEDS_RESERVATION" => ExceedsReservation(stock, call, [.. told]),
            "QUANTITY_EXCEEDS_INSPECTION" => told.All(each => each.Requested > each.Available && stock.Count(each.Item1, StockState.Inspection) == each.Available),
            "QUANTITY_EXCEEDS_TRANSFER" => call.Request is ReceiveTransferRequest receive && stock.Transfers.TryGetValue(receive.TransferId, out var transfer)
                && told.All(each => (transfer.To == each.Item1.LocationId ? transfer.Coming.GetValueOrDefault(each.Item1.Sku) : 0) == each.Available && each.Requested > each.Available),
            "TRANSFER_ALREADY_DISPATCHED" => call.Request is DispatchTransferRequest dispatch && stock.Transfers.ContainsKey(dispatch.TransferId),
            "RESERVATION_FINAL" => stock.Reservations.TryGetValue(Reservation(call), out var final) && !final.IsOpen,
            "RESERVATION_NOT_ACTIVE" => stock.Reservations.TryGetValue(Reservation(call), out var inactive) && inactive.Lines.Values.All(line => line.Reserved == 0),
            "EXPIRES_LATER" => stock.Reservations.TryGetValue(Reservation(call), out var held) && held.IsOpen,
            "ORDER_DIFFERS" => call.Request is ReceiveReturnRequest receive
                && stock.Reservations.TryGetValue(Reservation(call), out var other) && other.OrderRef != receive.OrderRef,
            "LEVEL_ALREADY_OPENED" => call.Request is AdjustRequest { Reason: AdjustmentReason.OpeningBalance } adjust
                && Expectations.Lines(adjust.Lines).Any(line => stock.Version(line.Key) > 0),
            "LEVEL_NOT_OPENED" => Counted(call).Any(key => stock.Version(key) == 0),
            "VERSION_MISMATCH" => call.Request is SetLevelsRequest set && Conflict(stock, set) == Told(call),
            "RESERVATION_NOT_FOUND" => !stock.Reservations.ContainsKey(Reservation(call)),
            "TRANSFER_NOT_FOUND" => call.Request is ReceiveTransferRequest unknown && !stock.Transfers.ContainsKey(unknown.TransferId),

            // These are no matter of the stock; what the first answer to a key is, is checked elsewhere.
            "UNKNOWN_LOCATION" or Answers.KeyReused => true,

            // Payments decide; see the core's own model.
            "ORDER_ALREADY_RESERVED" => call.Request is ReserveRequest reserve && RandomPayments.IsForPayment(reserve.OrderRef),
            var reason => throw new ViolationException($"{call} was refused with {reason}: nothing here should be"),
        };
    }

    private static bool ExceedsReservation(StockModel stock, Call call, IReadOnlyList<(StockKey Key, long Requested, long Available)> told)
    {
        if (!stock.Reservations.TryGetValue(Reservation(call), out var reservation))
        {
            return false;
        }

        return told.All(each => each.Requested > each.Available && reservation.Line(each.Key) is var line && call.Request switch
        {
            ReleaseRequest => line.Reserved + line.Committed == each.Available,
            FulfillRequest => line.Committed == each.Available,

            // Of what is reserved, or of what has expired.
            CommitRequest => line.Reserved == each.Available || line.Back - line.Withdrawn == each.Available,
            ReceiveReturnRequest => RandomCommands.Locations.Select(location => reservation.Line(each.Key with { LocationId = location }))
                .Sum(part => part.Fulfilled - part.Returned) == each.Available,
            _ => false,
        });
    }

    private static IReadOnlyList<(StockKey Key, long Quantity)> Wanted(Call call) => call.Request switch
    {
        ReserveRequest reserve => Expectations.Lines(reserve.Lines),
        CommitRequest commit => Expectations.Lines(commit.Lines),
        AdjustRequest { Reason: AdjustmentReason.Correction } adjust => [.. Expectations.Lines(adjust.Lines).Select(line => (line.Key, -line.Quantity))],
        DispatchTransferRequest dispatch => [.. dispatch.Lines.Select(line => (new StockKey(line.Sku, dispatch.FromLocationId), line.Quantity))],
        _ => [],
    };

    private static IEnumerable<StockKey> Counted(Call call) => call.Request switch
    {
        AdjustRequest adjust => Expectations.Lines(adjust.Lines).Select(line => line.Key),
        SetLevelsRequest set => set.Lines.Select(line => new StockKey(line.Sku, line.LocationId)),
        _ => [],
    };

    /// <summary>The first level that is at another version than the caller knew.</summary>
    private static (string Sku, string LocationId, string Version)? Conflict(StockModel stock, SetLevelsRequest request) => request.Lines
        .Select(line => (line.Sku, line.LocationId, line.ExpectedVersion, Current: stock.Version(new StockKey(line.Sku, line.LocationId))))
        .Where(each => each.ExpectedVersion != each.Current)
        .Select(each => ((string, string, string)?)(each.Sku, each.LocationId, $"{each.Current}"))
        .FirstOrDefault();

    private static (string Sku, string LocationId, string Version)? Told(Call call)
    {
        var metadata = Answers.Detail<Google.Rpc.ErrorInfo>(call.Answer!.Refusal!)!.Metadata;
        return (metadata["sku"], metadata["location_id"], metadata["current_version"]);
    }

    private static long Reservation(Call call) => Expectations.Number(call.Request switch
    {
        CommitRequest commit => commit.ReservationId,
        ReleaseRequest release => release.ReservationId,
        FulfillRequest fulfill => fulfill.ReservationId,
        ExtendReservationRequest extend => extend.ReservationId,
        ReceiveReturnRequest receive => receive.ReservationId,
        _ => throw new InvalidOperationException($"{call} names no reservation."),
    });
}
