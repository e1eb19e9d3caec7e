using Google.Rpc;
using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>Returns over gRPC, on the real database.</summary>
public sealed class ReturnOperationTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task Goods_come_back_are_inspected_and_can_be_sold_again()
    {
        var sku = await ledger.OpenAsync(5);
        var sold = await SoldAsync(sku, 3);
        var request = Return(sold.OrderRef, sold.ReservationId, Line(sku, 2));

        var received = await ledger.Inventory.ReceiveReturnAsync(request);

        var level = received.Levels.ShouldHaveSingleItem();
        (level.Available, level.Inspection, level.OnHand, level.Sequence).ShouldBe((2, 2, 4, received.Sequence));
        received.Reservation.Lines.ShouldHaveSingleItem().Returned.ShouldBe(2);
        (await ledger.ReservationAsync(sold.ReservationId)).ShouldBe(received.Reservation);
        (await ledger.Inventory.ReceiveReturnAsync(request)).ShouldBe(received, "a retry gets the stored answer");

        var inspected = await ledger.Inventory.InspectReturnAsync(
            Inspect(Inspected(sku, 1, ReturnDisposition.Available), Inspected(sku, 1, ReturnDisposition.Damaged)));

        level = inspected.Levels.ShouldHaveSingleItem();
        (level.Available, level.Inspection, level.Damaged, level.OnHand).ShouldBe((3, 0, 1, 4));
        (await ledger.LevelAsync(sku)).ShouldBe(level);
        var movements = await ledger.Inventory.ListMovementsAsync(new ListMovementsRequest { TenantId = Tenant, Sku = sku });
        movements.Movements.TakeLast(3).Select(each => (each.Operation, each.FromState, each.ToState)).ShouldBe(
        [
            (StockOperation.ReceiveReturn, StockState.Customer, StockState.Inspection),
            (StockOperation.InspectReturn, StockState.Inspection, StockState.Available),
            (StockOperation.InspectReturn, StockState.Inspection, StockState.Damaged),
        ]);
    }

    [Fact]
    public async Task A_reservation_gives_back_no_more_than_was_handed_over()
    {
        var sku = await ledger.OpenAsync(5);
        var sold = await SoldAsync(sku, 3);
        await ledger.Inventory.ReceiveReturnAsync(Return(sold.OrderRef, sold.ReservationId, Line(sku, 2)));

        var (code, info, _) = await RefusalAsync(ledger.Inventory.ReceiveReturnAsync(Return(sold.OrderRef, sold.ReservationId, Line(sku, 2))));

        (code, info.Reason, info.Metadata["available"]).ShouldBe((StatusCode.FailedPrecondition, "QUANTITY_EXCEEDS_RESERVATION", "1"));
        (await RefusalAsync(ledger.Inventory.ReceiveReturnAsync(Return("another", sold.ReservationId, Line(sku, 1))))).Info.Reason.ShouldBe("ORDER_DIFFERS");
        (await RefusalAsync(ledger.Inventory.ReceiveReturnAsync(Return("another", "rsv-999999999", Line(sku, 1))))).Info.Reason.ShouldBe("RESERVATION_NOT_FOUND");
        (await ledger.LevelAsync(sku)).Inspection.ShouldBe(2);
    }

    [Fact]
    public async Task More_than_waits_for_inspection_is_refused()
    {
        var sku = await ledger.OpenAsync(5);
        await ledger.Inventory.ReceiveReturnAsync(Return(New("order"), "", Line(sku, 1)));

        var (code, info, _) = await RefusalAsync(ledger.Inventory.InspectReturnAsync(
            Inspect(Inspected(sku, 1, ReturnDisposition.Available), Inspected(sku, 1, ReturnDisposition.WrittenOff))));

        (code, info.Reason, info.Metadata["requested"], info.Metadata["available"]).ShouldBe((StatusCode.FailedPrecondition, "QUANTITY_EXCEEDS_INSPECTION", "2", "1"));
        var thrownAway = await ledger.Inventory.InspectReturnAsync(Inspect(Inspected(sku, 1, ReturnDisposition.WrittenOff)));
        thrownAway.Levels.Single().OnHand.ShouldBe(5);
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_listed()
    {
        var (_, _, status) = await RefusalAsync(ledger.Inventory.ReceiveReturnAsync(new ReceiveReturnRequest { Lines = { new StockLine() } }));
        status.GetDetail<BadRequest>()!.FieldViolations.Select(each => each.Field).ShouldBe(
            ["tenant_id", "idempotency_key", "order_ref", "document_ref", "lines[0].sku", "lines[0].location_id", "lines[0].quantity"], ignoreOrder: true);

        (_, _, status) = await RefusalAsync(ledger.Inventory.InspectReturnAsync(new InspectReturnRequest
        {
            Lines = { new InspectedLine(), Inspected("sku", long.MaxValue, (ReturnDisposition)99), Inspected("sku", long.MaxValue, (ReturnDisposition)99) },
        }));
        status.GetDetail<BadRequest>()!.FieldViolations.Select(each => $"{each.Field} {each.Reason}").ShouldBe(
            [
                "tenant_id MISSING_FIELD", "idempotency_key MISSING_FIELD", "document_ref MISSING_FIELD",
                "lines[0].sku MISSING_FIELD", "lines[0].location_id MISSING_FIELD", "lines[0].quantity MISSING_FIELD", "lines[0].disposition MISSING_FIELD",
                "lines[1].quantity QUANTITY_OUT_OF_RANGE", "lines[1].disposition UNKNOWN_ENUM_VALUE",
                "lines[2].quantity QUANTITY_OUT_OF_RANGE", "lines[2].disposition UNKNOWN_ENUM_VALUE",
            ],
            ignoreOrder: true);
    }

    private async Task<Reservation> SoldAsync(string sku, long quantity)
    {
        var reservation = (await ledger.Inventory.ReserveAsync(Reserve(sku, quantity))).Reservation;
        await ledger.Inventory.CommitAsync(Commit(reservation, Line(sku, quantity)));
        return (await ledger.Inventory.FulfillAsync(Fulfill(reservation, Line(sku, quantity)))).Reservation;
    }

    private static ReceiveReturnRequest Return(string order, string reservationId, StockLine line) =>
        new() { TenantId = Tenant, IdempotencyKey = New("key"), OrderRef = order, DocumentRef = "rma-1", ReservationId = reservationId, Lines = { line } };

    private static InspectReturnRequest Inspect(params InspectedLine[] lines) =>
        new() { TenantId = Tenant, IdempotencyKey = New("key"), DocumentRef = "rma-1", Lines = { lines } };

    private static InspectedLine Inspected(string sku, long quantity, ReturnDisposition disposition) =>
        new() { Sku = sku, LocationId = Ledger.Location, Quantity = quantity, Disposition = disposition };
}
