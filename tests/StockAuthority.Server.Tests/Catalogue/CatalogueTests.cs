using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Catalogue;

/// <summary>What the catalogue says is obeyed at once, on every server, whatever its lanes remember.</summary>
public sealed class CatalogueTests(Ledger ledger) : IClassFixture<Ledger>
{
    private CatalogueService.CatalogueServiceClient Catalogue => new(ledger.Channel);

    [Fact]
    public async Task A_location_is_sellable_unless_it_is_said_not_to_be_and_keeps_what_a_request_leaves_out()
    {
        var id = New("place");
        var put = await Catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = id });
        put.Location.ShouldBe(new Location { LocationId = id, DisplayName = id, Sellable = true });

        var returns = new Location { LocationId = id, DisplayName = "Returns", Kind = LocationKind.ReturnsCenter, Sellable = false };
        (await Catalogue.PutLocationAsync(new PutLocationRequest
        {
            TenantId = Tenant,
            LocationId = id,
            DisplayName = "Returns",
            Kind = LocationKind.ReturnsCenter,
            Sellable = false,
        })).Location.ShouldBe(returns);
        (await Catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = id })).Location.ShouldBe(returns);
        (await Catalogue.ListLocationsAsync(new ListLocationsRequest { TenantId = Tenant, PageSize = 500 })).Locations.ShouldContain(returns);

        var (_, info, _) = await RefusalAsync(Catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = id, Kind = (LocationKind)99 }));
        info.Reason.ShouldBe("UNKNOWN_ENUM_VALUE");
        (_, info, _) = await RefusalAsync(Catalogue.PutLocationAsync(new PutLocationRequest { TenantId = "nobody", LocationId = id }));
        info.Reason.ShouldBe("UNKNOWN_TENANT");
    }

    [Fact]
    public async Task Where_nothing_is_sold_reserve_names_the_lines_and_all_else_goes_on()
    {
        var (place, sku) = await OpenElsewhereAsync(10);
        var held = await ledger.Inventory.ReserveAsync(Reserve(sku, place, 2));
        await SetSellableAsync(place, false);

        var request = Reserve(sku, place, 1);
        var (code, info, status) = await RefusalAsync(ledger.Inventory.ReserveAsync(request));

        (code, info.Reason, info.Metadata["location_ids"]).ShouldBe((StatusCode.FailedPrecondition, "LOCATION_NOT_SELLABLE", place));
        status.GetDetail<PreconditionFailure>()!.Violations.ShouldHaveSingleItem().Subject.ShouldBe($"{sku}@{place}");
        var line = new StockLine { Sku = sku, LocationId = place, Quantity = 2 };
        await ledger.Inventory.CommitAsync(Commit(held.Reservation, line));
        await ledger.Inventory.FulfillAsync(Fulfill(held.Reservation, line));
        await SetSellableAsync(place, true);
        (await RefusalAsync(ledger.Inventory.ReserveAsync(request))).Info.Reason.ShouldBe("LOCATION_NOT_SELLABLE", "a refusal is stored under its key");
        await ledger.Inventory.ReserveAsync(Reserve(sku, place, 1));
    }

    [Fact]
    public async Task Another_server_obeys_at_once_although_its_lane_remembers()
    {
        await using var other = await ServerProcess.StartAsync(ledger.Database.ConnectionString, NoRedis);
        using var channel = await other.ChannelAsync();
        var (here, there) = (Catalogue, new InventoryService.InventoryServiceClient(channel));
        var (place, sku) = await OpenElsewhereAsync(100);
        for (var turn = 0; turn < 5; turn++)
        {
            await RememberAsync();
            await SetSellableAsync(place, false);
            (await RefusalAsync(there.ReserveAsync(Reserve(sku, place, 1)))).Info.Reason.ShouldBe("LOCATION_NOT_SELLABLE");
            await SetSellableAsync(place, true);

            await RememberAsync();
            var ttl = TimeSpan.FromMinutes(5 + turn);
            await here.PutTenantAsync(new PutTenantRequest { TenantId = Tenant, Policy = new TenantPolicy { DefaultTtl = Duration.FromTimeSpan(ttl) } });
            var reservation = (await there.ReserveAsync(Reserve(sku, place, 1))).Reservation;
            (reservation.ExpireTime - reservation.CreateTime).ToTimeSpan().ShouldBe(ttl);
        }

        await here.PutTenantAsync(new PutTenantRequest { TenantId = Tenant, Policy = new TenantPolicy() });

        // The first ones are read where the lane was wrong a moment ago; the last one is decided from what it remembers.
        async Task RememberAsync()
        {
            for (var each = 0; each < 4; each++)
            {
                await there.ReserveAsync(Reserve(sku, place, 1));
            }
        }
    }

    [Fact]
    public async Task What_has_expired_is_not_promised_again_where_nothing_is_sold()
    {
        var (place, sku) = await OpenElsewhereAsync(10);
        var request = Reserve(sku, place, 1);
        request.Ttl = Duration.FromTimeSpan(TimeSpan.FromSeconds(1));
        var reserved = await ledger.Inventory.ReserveAsync(request);
        await Eventually.Holds(async () => (await ledger.ReservationAsync(reserved.Reservation.ReservationId)).State == ReservationState.Expired);
        var line = new StockLine { Sku = sku, LocationId = place, Quantity = 1 };

        await SetSellableAsync(place, false);
        (await RefusalAsync(ledger.Inventory.CommitAsync(Commit(reserved.Reservation, line)))).Info.Reason.ShouldBe("LOCATION_NOT_SELLABLE");
        await SetSellableAsync(place, true);
        (await ledger.Inventory.CommitAsync(Commit(reserved.Reservation, line))).ReReserved.ShouldBeTrue();
    }

    [Fact]
    public async Task A_payment_that_would_reserve_there_is_held()
    {
        var (place, sku) = await OpenElsewhereAsync(10);
        await SetSellableAsync(place, false);

        var response = await ledger.Payments.ApplyPaymentEventAsync(new ApplyPaymentEventRequest
        {
            TenantId = Tenant,
            IdempotencyKey = New("delivery"),
            Event = new PaymentEvent
            {
                EventType = PaymentEventType.CaptureSucceeded,
                Provider = "stripe",
                Account = "test",
                ProviderEventId = New("evt"),
                PaymentObjectId = New("pi"),
                OrderRef = New("order"),
                FullAmount = true,
                Lines = { new StockLine { Sku = sku, LocationId = place, Quantity = 1 } },
                OccurTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000)),
                SchemaVersion = 1,
            },
        });

        (response.Resolution, response.Reason).ShouldBe((StockAuthority.Payments.V1.Resolution.Held, "LOCATION_NOT_SELLABLE"));
    }

    [Fact]
    public async Task Answers_of_the_database_say_what_is_on_sale()
    {
        var (place, sku) = await OpenElsewhereAsync(10);
        await SetSellableAsync(place, false);

        (await UnsellableAsync(sku)).ShouldBe([place]);
        var request = new GetAvailabilityRequest
        {
            TenantId = Tenant,
            Keys =
            {
                new AvailabilityKey { Sku = sku, LocationId = place },
                new AvailabilityKey { Sku = sku, LocationId = Ledger.Location },
                new AvailabilityKey { Sku = sku, LocationId = "atlantis" },
            },
        };
        (await ledger.Inventory.GetAvailabilityAsync(request)).Availabilities.ShouldAllBe(each => !each.HasSellable);
        request.Consistency = ReadConsistency.Strong;
        (await ledger.Inventory.GetAvailabilityAsync(request)).Availabilities.Select(each => each.Sellable).ShouldBe([false, true, false]);
        (await ledger.Inventory.GetAvailabilityAsync(request)).Availabilities.ShouldAllBe(each => each.HasSellable);
        await SetSellableAsync(place, true);
        (await UnsellableAsync(sku)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_policy_is_kept_shown_and_bounds_what_may_be_asked_for()
    {
        var tenant = New("tenant");
        (await Catalogue.PutTenantAsync(new PutTenantRequest { TenantId = tenant, DisplayName = "Shop" })).Policy.ShouldBe(new TenantPolicy());
        var policy = new TenantPolicy { DefaultTtl = Minutes(15), MaximumTtl = Minutes(60) };
        (await Catalogue.PutTenantAsync(new PutTenantRequest { TenantId = tenant, Policy = policy })).DisplayName.ShouldBe("Shop");
        (await Catalogue.PutTenantAsync(new PutTenantRequest { TenantId = tenant, DisplayName = "Shop two" })).Policy.ShouldBe(policy);
        var expected = new RegisteredTenant { TenantId = tenant, DisplayName = "Shop two", Policy = policy };
        (await Catalogue.GetTenantAsync(new GetTenantRequest { TenantId = tenant })).Tenant.ShouldBe(expected);
        (await ListTenantsAsync()).ShouldContain(expected);

        await Catalogue.PutLocationAsync(new PutLocationRequest { TenantId = tenant, LocationId = Ledger.Location });
        var request = Reserve("sku", 1);
        request.TenantId = tenant;
        request.Ttl = Minutes(61);
        var (code, info, _) = await RefusalAsync(ledger.Inventory.ReserveAsync(request));
        (code, info.Reason, info.Metadata["fields"]).ShouldBe((StatusCode.InvalidArgument, "OUT_OF_RANGE", "ttl"));
        request.Ttl = Minutes(60);
        (await RefusalAsync(ledger.Inventory.ReserveAsync(request))).Info.Reason.ShouldBe("INSUFFICIENT_STOCK", "an input error is not stored");
    }

    [Fact]
    public async Task A_policy_out_of_bounds_changes_nothing()
    {
        var tenant = New("tenant");
        foreach (var policy in (TenantPolicy[])
        [
            new() { DefaultTtl = Duration.FromTimeSpan(TimeSpan.FromSeconds(59)) },
            new() { MaximumTtl = Duration.FromTimeSpan(TimeSpan.FromDays(90) + TimeSpan.FromTicks(10)) },
            new() { DefaultTtl = Minutes(10), MaximumTtl = Minutes(9) },
            new() { DefaultTtl = new Duration { Seconds = -1, Nanos = 5 } },
        ])
        {
            var (code, info, _) = await RefusalAsync(Catalogue.PutTenantAsync(new PutTenantRequest { TenantId = tenant, Policy = policy }));
            (code, info.Reason).ShouldBe((StatusCode.InvalidArgument, "OUT_OF_RANGE"));
        }

        (await RefusalAsync(Catalogue.GetTenantAsync(new GetTenantRequest { TenantId = tenant }))).Info.Reason.ShouldBe("UNKNOWN_TENANT");
    }

    [Fact]
    public async Task All_tenants_are_an_operators_matter()
    {
        using var channel = await ledger.Server.ChannelAsync(Tenant);
        var catalogue = new CatalogueService.CatalogueServiceClient(channel);
        (await catalogue.GetTenantAsync(new GetTenantRequest { TenantId = Tenant })).Tenant.TenantId.ShouldBe(Tenant);
        (await RefusalAsync(catalogue.ListTenantsAsync(new ListTenantsRequest()))).Info.Reason.ShouldBe("OPERATOR_NEEDED");
    }

    private static Duration Minutes(int minutes) => Duration.FromTimeSpan(TimeSpan.FromMinutes(minutes));

    private static ReserveRequest Reserve(string sku, string place, long quantity)
    {
        var request = Ledger.Reserve(sku, quantity);
        request.Lines[0].LocationId = place;
        return request;
    }

    private static ReserveRequest Reserve(string sku, long quantity) => Ledger.Reserve(sku, quantity);

    private async Task<(string Place, string Sku)> OpenElsewhereAsync(long units)
    {
        var (place, sku) = (New("place"), New("sku"));
        await Catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = place });
        await ledger.Inventory.AdjustAsync(new AdjustRequest
        {
            TenantId = Tenant,
            IdempotencyKey = New("opening"),
            DocumentRef = "opening",
            Reason = AdjustmentReason.OpeningBalance,
            Lines = { new StockLine { Sku = sku, LocationId = place, Quantity = units } },
        });
        return (place, sku);
    }

    private async Task SetSellableAsync(string place, bool sellable) =>
        await Catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = place, Sellable = sellable });

    private async Task<IEnumerable<string>> UnsellableAsync(string sku)
    {
        var response = await ledger.Inventory.ListAvailabilityAsync(new ListAvailabilityRequest { TenantId = Tenant, Sku = sku });
        response.Levels.ShouldHaveSingleItem();
        return response.UnsellableLocationIds;
    }

    private async Task<List<RegisteredTenant>> ListTenantsAsync()
    {
        List<RegisteredTenant> tenants = [];
        var token = "";
        do
        {
            var page = await Catalogue.ListTenantsAsync(new ListTenantsRequest { PageSize = 1, PageToken = token });
            tenants.AddRange(page.Tenants);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return tenants;
    }
}
