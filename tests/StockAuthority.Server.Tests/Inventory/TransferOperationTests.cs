using Google.Rpc;
using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>Transfers over gRPC, on the real database.</summary>
public sealed class TransferOperationTests(Ledger ledger) : IClassFixture<Ledger>, IAsyncLifetime
{
    private const string There = "lyon";

    public async ValueTask InitializeAsync() =>
        await new CatalogueService.CatalogueServiceClient(ledger.Channel).PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = There });

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Units_leave_one_location_and_arrive_in_parts_at_another()
    {
        var sku = await ledger.OpenAsync(10);
        var request = Dispatch(New("transfer"), sku, 6);

        var left = await ledger.Inventory.DispatchTransferAsync(request);

        left.Levels.Select(level => (level.LocationId, level.Available, level.InTransit, level.OnHand)).ShouldBe([(Ledger.Location, 4, 0, 4), (There, 0, 6, 0)]);
        left.Transfer.State.ShouldBe(TransferState.Open);
        (await ledger.Inventory.DispatchTransferAsync(request)).ShouldBe(left, "a retry gets the stored answer");

        var some = await ledger.Inventory.ReceiveTransferAsync(Receive(request.TransferId, sku, 2));
        some.Transfer.Lines.ShouldHaveSingleItem().InTransit.ShouldBe(4);
        var rest = await ledger.Inventory.ReceiveTransferAsync(Receive(request.TransferId, sku, 3, lost: 1));

        rest.Transfer.State.ShouldBe(TransferState.Closed);
        (await TransferAsync(request.TransferId)).ShouldBe(rest.Transfer);
        var level = rest.Levels.ShouldHaveSingleItem();
        (level.Available, level.InTransit, level.OnHand, level.Sequence).ShouldBe((5, 0, 5, rest.Sequence));
        var movements = await ledger.Inventory.ListMovementsAsync(new ListMovementsRequest { TenantId = Tenant, Sku = sku });
        movements.Movements.Skip(1).Select(each => (each.LocationId, each.FromState, each.ToState, each.Quantity)).ShouldBe(
        [
            (Ledger.Location, StockState.Available, StockState.OtherLocation, 6),
            (There, StockState.OtherLocation, StockState.InTransit, 6),
            (There, StockState.InTransit, StockState.Available, 2),
            (There, StockState.InTransit, StockState.Available, 3),
            (There, StockState.InTransit, StockState.WrittenOff, 1),
        ]);
        movements.Movements.Skip(1).All(each => each.DocumentRef == request.TransferId).ShouldBeTrue();
    }

    [Fact]
    public async Task No_more_leaves_than_is_available_and_no_more_arrives_than_left()
    {
        var sku = await ledger.OpenAsync(3);
        var (first, second) = (New("transfer"), New("transfer"));

        var (code, info, _) = await RefusalAsync(ledger.Inventory.DispatchTransferAsync(Dispatch(first, sku, 4)));
        (code, info.Reason, info.Metadata["available"]).ShouldBe((StatusCode.FailedPrecondition, "INSUFFICIENT_STOCK", "3"));
        (await RefusalAsync(ledger.Inventory.ReceiveTransferAsync(Receive(first, sku, 1)))).Info.Reason.ShouldBe("TRANSFER_NOT_FOUND");

        await ledger.Inventory.DispatchTransferAsync(Dispatch(first, sku, 1));
        await ledger.Inventory.DispatchTransferAsync(Dispatch(second, sku, 2));
        (code, info, _) = await RefusalAsync(ledger.Inventory.ReceiveTransferAsync(Receive(first, sku, 1, lost: 1)));
        (code, info.Reason, info.Metadata["requested"], info.Metadata["available"]).ShouldBe((StatusCode.FailedPrecondition, "QUANTITY_EXCEEDS_TRANSFER", "2", "1"));
        (code, info, _) = await RefusalAsync(ledger.Inventory.DispatchTransferAsync(Dispatch(first, sku, 1)));
        (code, info.Reason).ShouldBe((StatusCode.FailedPrecondition, "TRANSFER_ALREADY_DISPATCHED"));
    }

    [Fact]
    public async Task What_another_server_received_does_not_arrive_twice()
    {
        await using var other = await ServerProcess.StartAsync(ledger.Database.ConnectionString, NoRedis);
        using var channel = await other.ChannelAsync();
        var sku = await ledger.OpenAsync(3);
        var transfer = New("transfer");
        await ledger.Inventory.DispatchTransferAsync(Dispatch(transfer, sku, 2));
        await new InventoryService.InventoryServiceClient(channel).ReceiveTransferAsync(Receive(transfer, sku, 2));

        (await RefusalAsync(ledger.Inventory.ReceiveTransferAsync(Receive(transfer, sku, 1)))).Info.Reason.ShouldBe("QUANTITY_EXCEEDS_TRANSFER");
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_listed()
    {
        var (_, _, status) = await RefusalAsync(ledger.Inventory.DispatchTransferAsync(new DispatchTransferRequest { FromLocationId = There, ToLocationId = There, Lines = { new DispatchedLine() } }));
        status.GetDetail<BadRequest>()!.FieldViolations.Select(each => $"{each.Field} {each.Reason}").ShouldBe(
            [
                "tenant_id MISSING_FIELD", "idempotency_key MISSING_FIELD", "transfer_id MISSING_FIELD", "to_location_id SAME_LOCATION",
                "lines[0].sku MISSING_FIELD", "lines[0].quantity MISSING_FIELD",
            ],
            ignoreOrder: true);

        (_, _, status) = await RefusalAsync(ledger.Inventory.ReceiveTransferAsync(new ReceiveTransferRequest
        {
            Lines = { new ArrivedLine(), new ArrivedLine { Sku = "sku", Received = -1, Lost = long.MaxValue }, new ArrivedLine { Sku = "sku", Lost = long.MaxValue } },
        }));
        status.GetDetail<BadRequest>()!.FieldViolations.Select(each => $"{each.Field} {each.Reason}").ShouldBe(
            [
                "tenant_id MISSING_FIELD", "idempotency_key MISSING_FIELD", "transfer_id MISSING_FIELD", "location_id MISSING_FIELD",
                "lines[0].sku MISSING_FIELD", "lines[0].received MISSING_FIELD",
                "lines[1].received QUANTITY_OUT_OF_RANGE", "lines[1].lost QUANTITY_OUT_OF_RANGE", "lines[2].lost QUANTITY_OUT_OF_RANGE",
            ],
            ignoreOrder: true);
    }

    private async Task<Transfer> TransferAsync(string transferId) =>
        (await ledger.Inventory.GetTransferAsync(new GetTransferRequest { TenantId = Tenant, TransferId = transferId })).Transfer;

    private static DispatchTransferRequest Dispatch(string transferId, string sku, long quantity) => new()
    {
        TenantId = Tenant,
        IdempotencyKey = New("key"),
        TransferId = transferId,
        FromLocationId = Ledger.Location,
        ToLocationId = There,
        Lines = { new DispatchedLine { Sku = sku, Quantity = quantity } },
    };

    private static ReceiveTransferRequest Receive(string transferId, string sku, long received, long lost = 0) => new()
    {
        TenantId = Tenant,
        IdempotencyKey = New("key"),
        TransferId = transferId,
        LocationId = There,
        Lines = { new ArrivedLine { Sku = sku, Received = received, Lost = lost } },
    };
}
