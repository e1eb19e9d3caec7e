using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>Reservations found again, and a SKU at all its places.</summary>
public sealed class ListTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task An_orders_reservations_are_listed_newest_first_page_by_page()
    {
        var (sku, order) = (await ledger.OpenAsync(10), New("order"));
        var ids = new List<string>();
        for (var number = 0; number < 5; number++)
        {
            ids.Insert(0, await ReserveAsync(Reserve(sku, 1, order: order)));
        }

        await ReserveAsync(Reserve(sku, 1));
        (await PagesAsync(new() { OrderRef = order, PageSize = 2 })).ShouldBe([ids[..2], ids[2..4], ids[4..]]);
        (await PagesAsync(new() { OrderRef = order, PageSize = 5 })).ShouldBe([ids]);
    }

    [Fact]
    public async Task A_payments_reservations_are_listed()
    {
        var (sku, payment) = (await ledger.OpenAsync(10), New("pi"));
        var request = Reserve(sku, 1);
        request.PaymentObjectId = payment;
        var id = await ReserveAsync(request);
        await ReserveAsync(Reserve(sku, 1));

        (await PagesAsync(new() { PaymentObjectId = payment })).ShouldBe([[id]]);
        (await PagesAsync(new() { PaymentObjectId = payment, OrderRef = request.OrderRef, Sku = sku, State = ReservationState.Active })).ShouldBe([[id]]);
        (await PagesAsync(new() { PaymentObjectId = payment, OrderRef = "another" })).ShouldBe([[]]);
        (await PagesAsync(new() { PaymentObjectId = payment, State = ReservationState.Released })).ShouldBe([[]]);
    }

    [Fact]
    public async Task A_skus_reservations_are_listed_by_state()
    {
        var sku = await ledger.OpenAsync(10);
        var released = (await ledger.Inventory.ReserveAsync(Reserve(sku, 1))).Reservation;
        var active = await ReserveAsync(Reserve(sku, 1));
        await ledger.Inventory.ReleaseAsync(Release(released, Line(sku, 1)));

        (await AllAsync(new() { Sku = sku })).ShouldBe([active, released.ReservationId]);
        (await AllAsync(new() { Sku = sku, PageSize = 1 })).ShouldBe([active, released.ReservationId]);
        (await AllAsync(new() { Sku = sku, State = ReservationState.Released })).ShouldBe([released.ReservationId]);
        (await AllAsync(new() { State = ReservationState.Released })).ShouldContain(released.ReservationId);
        (await AllAsync(new() { State = ReservationState.Active })).ShouldNotContain(released.ReservationId);
    }

    [Fact]
    public async Task What_expires_soon_is_listed_in_its_order()
    {
        var sku = await ledger.OpenAsync(10);
        var late = await ReserveAsync(WithTtl(sku, TimeSpan.FromMinutes(20)));
        var soon = await ReserveAsync(WithTtl(sku, TimeSpan.FromMinutes(10)));
        await ReserveAsync(WithTtl(sku, TimeSpan.FromHours(2)));
        var committed = (await ledger.Inventory.ReserveAsync(WithTtl(sku, TimeSpan.FromMinutes(10)))).Reservation;
        await ledger.Inventory.CommitAsync(Commit(committed, Line(sku, 1)));
        var before = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddHours(1));

        (await AllAsync(new() { ExpireBefore = before, Sku = sku })).ShouldBe([soon, late]);
        (await AllAsync(new() { ExpireBefore = before, Sku = sku, PageSize = 1 })).ShouldBe([soon, late]);
        (await AllAsync(new() { ExpireBefore = before, PageSize = 1 })).ShouldBe([soon, late]);
        (await AllAsync(new() { ExpireBefore = before, Sku = sku, State = ReservationState.Committed })).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_page_looks_through_a_bounded_part_and_the_next_goes_on()
    {
        var sku = await ledger.OpenAsync(1);
        var id = await ReserveAsync(Reserve(sku, 1));
        for (var number = 0; number < 26; number++)
        {
            var filling = new AdjustRequest { TenantId = Tenant, IdempotencyKey = New("filling"), DocumentRef = "doc", Reason = AdjustmentReason.Receipt };
            filling.Lines.AddRange(Enumerable.Range(0, 200).Select(_ => Line(New("filler"), 1)));
            await ledger.Inventory.AdjustAsync(filling);
        }

        var pages = await PagesAsync(new() { Sku = sku });
        pages[0].ShouldBeEmpty();
        pages.SelectMany(page => page).ShouldBe([id]);
    }

    [Fact]
    public async Task Nobody_sees_what_is_another_tenants()
    {
        var other = New("tenant");
        var catalogue = new CatalogueService.CatalogueServiceClient(ledger.Channel);
        await catalogue.PutTenantAsync(new PutTenantRequest { TenantId = other });
        var sku = await ledger.OpenAsync(10);
        var request = Reserve(sku, 1);
        request.PaymentObjectId = New("pi");
        await ReserveAsync(request);

        var before = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddDays(100));
        foreach (var filter in new ListReservationsRequest[] { new(), new() { OrderRef = request.OrderRef }, new() { PaymentObjectId = request.PaymentObjectId }, new() { ExpireBefore = before }, new() { Sku = sku } })
        {
            filter.TenantId = other;
            (await ledger.Inventory.ListReservationsAsync(filter)).ShouldBe(new ListReservationsResponse());
        }

        (await ledger.Inventory.ListAvailabilityAsync(new ListAvailabilityRequest { TenantId = other, Sku = sku })).Levels.ShouldBeEmpty();
    }

    [Fact]
    public async Task Bad_filters_are_all_named()
    {
        var (code, _, status) = await RefusalAsync(ledger.Inventory.ListReservationsAsync(new ListReservationsRequest
        {
            State = (ReservationState)99,
            Sku = "a\u0001",
            PageSize = 101,
            PageToken = "1.x",
            ExpireBefore = new Timestamp { Seconds = long.MaxValue },
        }));
        code.ShouldBe(StatusCode.InvalidArgument);
        status.GetDetail<BadRequest>()!.FieldViolations.Select(each => each.Field).ShouldBe(
            ["tenant_id", "state", "sku", "page_size", "page_token", "expire_before"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_sku_is_found_at_all_its_locations()
    {
        var sku = await ledger.OpenAsync(3);
        var catalogue = new CatalogueService.CatalogueServiceClient(ledger.Channel);
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = "aachen" });
        await ledger.Inventory.AdjustAsync(new AdjustRequest
        {
            TenantId = Tenant,
            IdempotencyKey = New("key"),
            DocumentRef = "doc",
            Reason = AdjustmentReason.Receipt,
            Lines = { new StockLine { Sku = sku, LocationId = "aachen", Quantity = 4 } },
        });

        var whole = await ledger.Inventory.ListAvailabilityAsync(new ListAvailabilityRequest { TenantId = Tenant, Sku = sku });
        whole.Levels.Select(level => (level.LocationId, level.Available)).ShouldBe([("aachen", 4), (Ledger.Location, 3)]);
        whole.NextPageToken.ShouldBe("");

        var first = await ledger.Inventory.ListAvailabilityAsync(new ListAvailabilityRequest { TenantId = Tenant, Sku = sku, PageSize = 1 });
        first.Levels.ShouldBe([whole.Levels[0]]);
        var second = await ledger.Inventory.ListAvailabilityAsync(new ListAvailabilityRequest { TenantId = Tenant, Sku = sku, PageSize = 1, PageToken = first.NextPageToken });
        (second.Levels.Single(), second.NextPageToken).ShouldBe((whole.Levels[1], ""));
    }

    private static ReserveRequest WithTtl(string sku, TimeSpan ttl)
    {
        var request = Reserve(sku, 1);
        request.Ttl = Duration.FromTimeSpan(ttl);
        return request;
    }

    private async Task<string> ReserveAsync(ReserveRequest request) => (await ledger.Inventory.ReserveAsync(request)).Reservation.ReservationId;

    private async Task<List<string>> AllAsync(ListReservationsRequest filter) => [.. (await PagesAsync(filter)).SelectMany(page => page)];

    private async Task<List<List<string>>> PagesAsync(ListReservationsRequest filter)
    {
        var pages = new List<List<string>>();
        filter.TenantId = Tenant;
        do
        {
            var page = await ledger.Inventory.ListReservationsAsync(filter);
            pages.Add([.. page.Reservations.Select(each => each.ReservationId)]);
            filter.PageToken = page.NextPageToken;
        }
        while (filter.PageToken.Length > 0);
        return pages;
    }
}
