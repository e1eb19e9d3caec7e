using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>Each operation over gRPC, on the real database.</summary>
public sealed class OperationTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task Reserve_answers_reservation_levels_and_sequence()
    {
        var sku = await ledger.OpenAsync(10);

        var response = await ledger.Inventory.ReserveAsync(Reserve(sku, 3));

        response.Reservation.State.ShouldBe(ReservationState.Active);
        response.Reservation.Lines.ShouldHaveSingleItem().Reserved.ShouldBe(3);
        var level = response.Levels.ShouldHaveSingleItem();
        (level.Available, level.Reserved, level.OnHand, level.Version).ShouldBe((7, 3, 10, 2));
        level.Sequence.ShouldBe(response.Sequence);
        (await ledger.LevelAsync(sku)).ShouldBe(level);
        (await ledger.ReservationAsync(response.Reservation.ReservationId)).ShouldBe(response.Reservation);
    }

    [Fact]
    public async Task Reserve_beyond_available_holds_nothing_and_says_what_was_available()
    {
        var (first, second) = (await ledger.OpenAsync(5), await ledger.OpenAsync(1));
        var request = Reserve(first, 2);
        request.Lines.Add(Line(second, 2));

        var (code, info, _) = await RefusalAsync(ledger.Inventory.ReserveAsync(request));

        code.ShouldBe(StatusCode.FailedPrecondition);
        info.Reason.ShouldBe("INSUFFICIENT_STOCK");
        (info.Metadata["sku"], info.Metadata["requested"], info.Metadata["available"]).ShouldBe((second, "2", "1"));
        (await ledger.LevelAsync(first)).Available.ShouldBe(5);
        (await ledger.LevelAsync(second)).Available.ShouldBe(1);
    }

    [Fact]
    public async Task Lines_of_one_key_are_summed_before_they_are_judged()
    {
        var sku = await ledger.OpenAsync(3);
        var request = Reserve(sku, 2);
        request.Lines.Add(Line(sku, 2));

        (await RefusalAsync(ledger.Inventory.ReserveAsync(request))).Info.Metadata["requested"].ShouldBe("4");
    }

    [Fact]
    public async Task A_reservation_can_be_committed_released_and_fulfilled_in_parts()
    {
        var sku = await ledger.OpenAsync(10);
        var reservation = (await ledger.Inventory.ReserveAsync(Reserve(sku, 6))).Reservation;

        await ledger.Inventory.CommitAsync(Commit(reservation, Line(sku, 4)));
        await ledger.Inventory.ReleaseAsync(Release(reservation, Line(sku, 2)));
        var committed = (await ledger.Inventory.FulfillAsync(Fulfill(reservation, Line(sku, 1)))).Reservation;
        committed.State.ShouldBe(ReservationState.Committed);
        var fulfilled = (await ledger.Inventory.FulfillAsync(Fulfill(reservation, Line(sku, 3)))).Reservation;

        fulfilled.State.ShouldBe(ReservationState.Fulfilled);
        var line = fulfilled.Lines.ShouldHaveSingleItem();
        (line.Quantity, line.Reserved, line.Committed, line.Fulfilled, line.Released).ShouldBe((6, 0, 0, 4, 2));
        var level = await ledger.LevelAsync(sku);
        (level.Available, level.Reserved, level.Committed, level.OnHand).ShouldBe((6, 0, 0, 6));
        var (code, info, _) = await RefusalAsync(ledger.Inventory.CommitAsync(Commit(reservation, Line(sku, 1))));
        (code, info.Reason, info.Metadata["state"]).ShouldBe((StatusCode.FailedPrecondition, "RESERVATION_FINAL", "FULFILLED"));
    }

    [Fact]
    public async Task A_sale_at_the_till_takes_what_was_promised_and_the_next_receipt_covers_it_first()
    {
        var sku = await ledger.OpenAsync(2);
        await ledger.Inventory.ReserveAsync(Reserve(sku, 2));

        var sold = await AdjustAsync(AdjustmentReason.Sale, sku, -1);
        (sold.Available, sold.Reserved, sold.Shortfall, sold.OnHand).ShouldBe((0, 2, 1, 1));
        var received = await AdjustAsync(AdjustmentReason.Receipt, sku, 3);
        (received.Available, received.Reserved, received.Shortfall, received.OnHand).ShouldBe((2, 2, 0, 4));
    }

    [Fact]
    public async Task A_sale_at_the_till_that_takes_what_was_promised_names_whose_it_was()
    {
        var (sku, other) = (await ledger.OpenAsync(4), await ledger.OpenAsync(4));
        var reserved = (await ledger.Inventory.ReserveAsync(Reserve(sku, 1))).Reservation;
        var committed = (await ledger.Inventory.ReserveAsync(Reserve(sku, 1))).Reservation;
        await ledger.Inventory.CommitAsync(Commit(committed, Line(sku, 1)));
        var released = (await ledger.Inventory.ReserveAsync(Reserve(sku, 1))).Reservation;
        await ledger.Inventory.ReleaseAsync(Release(released, Line(sku, 1)));
        await ledger.Inventory.ReserveAsync(Reserve(other, 1));
        var request = new AdjustRequest { TenantId = Tenant, IdempotencyKey = New("key"), DocumentRef = "till", Reason = AdjustmentReason.Sale, Lines = { Line(sku, -2) } };
        (await ledger.Inventory.AdjustAsync(request)).ReservationsAtRisk.ShouldBeEmpty();

        request.IdempotencyKey = New("key");
        var response = await ledger.Inventory.AdjustAsync(request);

        response.ReservationsAtRisk.ShouldBe([reserved.ReservationId, committed.ReservationId]);
        (await ledger.Inventory.AdjustAsync(request)).ShouldBe(response);
        var counted = await ledger.Inventory.SetLevelsAsync(new SetLevelsRequest
        {
            TenantId = Tenant,
            IdempotencyKey = New("key"),
            DocumentRef = "count",
            Lines = { new CountedLine { Sku = other, LocationId = Ledger.Location, CountedOnHand = 0, ExpectedVersion = 2 } },
        });
        counted.ReservationsAtRisk.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_reservation_expires_at_its_time_and_once_with_two_servers()
    {
        var sku = await ledger.OpenAsync(5);
        await using var other = await ServerProcess.StartAsync(ledger.Database.ConnectionString, NoRedis);
        var request = Reserve(sku, 5);
        request.Ttl = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(1));
        var reservation = (await ledger.Inventory.ReserveAsync(request)).Reservation;

        var expired = await Eventually.Becomes(() => ledger.ReservationAsync(reservation.ReservationId), each => each.State == ReservationState.Expired);

        expired.Lines.ShouldHaveSingleItem().Released.ShouldBe(5);
        var level = await ledger.LevelAsync(sku);
        (level.Available, level.Reserved, level.Version).ShouldBe((5, 0, 3));
        var movements = await ledger.Inventory.ListMovementsAsync(new ListMovementsRequest { TenantId = Tenant, Sku = sku });
        movements.Movements.Select(each => each.Operation).ShouldBe([StockOperation.Adjust, StockOperation.Reserve, StockOperation.Expire]);
    }

    [Fact]
    public async Task Movements_are_listed_by_key_in_pages_without_gaps()
    {
        var sku = await ledger.OpenAsync(100);
        for (var index = 0; index < 7; index++)
        {
            await ledger.Inventory.ReserveAsync(Reserve(sku, 1));
        }

        List<Movement> all = [];
        var token = "";
        do
        {
            var page = await ledger.Inventory.ListMovementsAsync(new ListMovementsRequest { TenantId = Tenant, Sku = sku, PageSize = 3, PageToken = token });
            all.AddRange(page.Movements);
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        all.Select(each => each.LevelVersion).ShouldBe([1, 2, 3, 4, 5, 6, 7, 8]);
    }

    [Fact]
    public async Task Unknown_tenants_and_reservations_are_not_found()
    {
        var request = Reserve("sku", 1);
        request.TenantId = "nobody";
        var (code, info, _) = await RefusalAsync(ledger.Inventory.ReserveAsync(request));
        (code, info.Reason).ShouldBe((StatusCode.NotFound, "UNKNOWN_TENANT"));

        foreach (var id in (string[])["rsv-999999999", "rsv-01", "other"])
        {
            (code, info, _) = await RefusalAsync(ledger.Inventory.CommitAsync(Commit(new Reservation { ReservationId = id }, Line("sku", 1))));
            (code, info.Reason, info.Metadata["reservation_id"]).ShouldBe((StatusCode.NotFound, "RESERVATION_NOT_FOUND", id));
        }
    }

    private async Task<StockLevel> AdjustAsync(AdjustmentReason reason, string sku, long quantity) =>
        (await ledger.Inventory.AdjustAsync(new AdjustRequest
        {
            TenantId = Tenant,
            IdempotencyKey = New("key"),
            DocumentRef = "receipt-1",
            Reason = reason,
            Lines = { Line(sku, quantity) },
        })).Levels.Single();
}
