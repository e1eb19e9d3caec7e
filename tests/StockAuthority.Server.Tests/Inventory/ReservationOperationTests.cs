using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Inventory;

/// <summary>What a reservation's time means, over gRPC and on the real database.</summary>
public sealed class ReservationOperationTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task A_commit_after_the_expiry_reserves_again_and_says_so()
    {
        var sku = await ledger.OpenAsync(5);
        var reservation = await ExpiredAsync(sku, 3);

        var request = Commit(reservation, Line(sku, 3));
        var response = await ledger.Inventory.CommitAsync(request);

        response.ReReserved.ShouldBeTrue();
        response.Reservation.State.ShouldBe(ReservationState.Committed);
        var level = await ledger.LevelAsync(sku);
        (level.Available, level.Reserved, level.Committed).ShouldBe((2, 0, 3));
        (await ledger.ReservationAsync(reservation.ReservationId)).ShouldBe(response.Reservation);
        (await ledger.Inventory.CommitAsync(request)).ShouldBe(response, "a retry gets the stored answer");
    }

    [Fact]
    public async Task A_commit_after_the_expiry_that_finds_too_little_left_says_what_is_left()
    {
        var sku = await ledger.OpenAsync(5);
        var reservation = await ExpiredAsync(sku, 3);
        await ledger.Inventory.ReserveAsync(Reserve(sku, 4));

        var (code, info, _) = await RefusalAsync(ledger.Inventory.CommitAsync(Commit(reservation, Line(sku, 3))));

        (code, info.Reason, info.Metadata["requested"], info.Metadata["available"]).ShouldBe((StatusCode.FailedPrecondition, "INSUFFICIENT_STOCK", "3", "1"));
    }

    [Fact]
    public async Task A_commit_after_the_expiry_does_not_double_what_the_order_reserved_again()
    {
        var sku = await ledger.OpenAsync(9);
        var reservation = await ExpiredAsync(sku, 3);
        var anew = (await ledger.Inventory.ReserveAsync(Reserve(sku, 3, order: reservation.OrderRef))).Reservation;

        var (code, info, _) = await RefusalAsync(ledger.Inventory.CommitAsync(Commit(reservation, Line(sku, 3))));

        (code, info.Reason, info.Metadata["superseded_by"]).ShouldBe((StatusCode.FailedPrecondition, "RESERVATION_SUPERSEDED", anew.ReservationId));
    }

    [Fact]
    public async Task An_extended_reservation_outlives_its_first_time()
    {
        var sku = await ledger.OpenAsync(5);
        var request = Reserve(sku, 1);
        request.Ttl = Duration.FromTimeSpan(TimeSpan.FromSeconds(2));
        var kept = (await ledger.Inventory.ReserveAsync(request)).Reservation;

        var extended = (await ledger.Inventory.ExtendReservationAsync(Extend(kept, TimeSpan.FromDays(90)))).Reservation;

        extended.ExpireTime.ToDateTimeOffset().ShouldBe(TimeProvider.System.GetUtcNow().AddDays(90), TimeSpan.FromMinutes(5));
        await ExpiredAsync(sku, 1, 2);
        (await ledger.ReservationAsync(kept.ReservationId)).ShouldBe(extended);
        (await RefusalAsync(ledger.Inventory.ExtendReservationAsync(Extend(kept, TimeSpan.FromDays(1))))).Info.Reason.ShouldBe("EXPIRES_LATER");
        await ledger.Inventory.CommitAsync(Commit(kept, Line(sku, 1)));
        (await RefusalAsync(ledger.Inventory.ExtendReservationAsync(Extend(kept, TimeSpan.FromDays(1))))).Info.Reason.ShouldBe("RESERVATION_NOT_ACTIVE");
    }

    [Fact]
    public async Task Units_can_be_held_until_a_time_and_a_retry_after_it_gets_its_answer()
    {
        var sku = await ledger.OpenAsync(5);
        var request = Reserve(sku, 1);
        request.ExpireTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddSeconds(2));
        var response = await ledger.Inventory.ReserveAsync(request);
        response.Reservation.ExpireTime.ToDateTimeOffset().ShouldBe(request.ExpireTime.ToDateTimeOffset(), TimeSpan.FromMilliseconds(1));

        await Eventually.Becomes(() => ledger.ReservationAsync(response.Reservation.ReservationId), each => each.State == ReservationState.Expired);

        (await ledger.Inventory.ReserveAsync(request)).ShouldBe(response);
    }

    public static TheoryData<string, string, string> BadTimes { get; } = new()
    {
        { "past", "OUT_OF_RANGE", "expire_time" },
        { "too far", "OUT_OF_RANGE", "expire_time" },
        { "no time", "OUT_OF_RANGE", "expire_time" },
        { "both", "CONFLICTING_FIELDS", "expire_time" },
        { "ttl too long", "OUT_OF_RANGE", "ttl" },
    };

    [Theory]
    [MemberData(nameof(BadTimes))]
    public async Task A_bad_time_is_named_and_uses_up_no_key(string what, string reason, string field)
    {
        var sku = await ledger.OpenAsync(5);
        var held = (await ledger.Inventory.ReserveAsync(Reserve(sku, 1))).Reservation;
        var now = TimeProvider.System.GetUtcNow();
        var time = what switch
        {
            "past" => Timestamp.FromDateTimeOffset(now.AddSeconds(-5)),
            "too far" => Timestamp.FromDateTimeOffset(now.AddDays(91)),
            "no time" => new Timestamp { Seconds = long.MaxValue },
            "both" => Timestamp.FromDateTimeOffset(now.AddDays(1)),
            _ => null,
        };
        var ttl = what switch
        {
            "both" => Duration.FromTimeSpan(TimeSpan.FromDays(1)),
            "ttl too long" => new Duration { Seconds = 90 * 24 * 60 * 60, Nanos = 1 },
            _ => null,
        };
        var reserve = Reserve(sku, 1);
        (reserve.ExpireTime, reserve.Ttl) = (time, ttl);
        var extend = new ExtendReservationRequest { TenantId = Tenant, IdempotencyKey = New("key"), ReservationId = held.ReservationId, ExpireTime = time, Ttl = ttl };

        foreach (var (code, info, status) in new[] { await RefusalAsync(ledger.Inventory.ReserveAsync(reserve)), await RefusalAsync(ledger.Inventory.ExtendReservationAsync(extend)) })
        {
            (code, info.Reason).ShouldBe((StatusCode.InvalidArgument, reason));
            status.GetDetail<BadRequest>()!.FieldViolations.Select(each => each.Field).ShouldBe([field]);
        }

        (reserve.ExpireTime, reserve.Ttl) = (null, null);
        await ledger.Inventory.ReserveAsync(reserve);
    }

    [Fact]
    public async Task An_extension_needs_a_time()
    {
        var (code, info, status) = await RefusalAsync(ledger.Inventory.ExtendReservationAsync(new ExtendReservationRequest()));

        (code, info.Reason).ShouldBe((StatusCode.InvalidArgument, "MISSING_FIELD"));
        status.GetDetail<BadRequest>()!.FieldViolations.Select(each => each.Field).ShouldBe(["tenant_id", "idempotency_key", "reservation_id", "ttl"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_level_begins_with_goods_that_come_in()
    {
        var sku = New("sku");
        var request = new AdjustRequest { TenantId = Tenant, IdempotencyKey = New("key"), DocumentRef = "count", Reason = AdjustmentReason.CycleCount, Lines = { Line(sku, 1) } };

        var (code, info, _) = await RefusalAsync(ledger.Inventory.AdjustAsync(request));

        (code, info.Reason).ShouldBe((StatusCode.FailedPrecondition, "LEVEL_NOT_OPENED"));
    }

    private async Task<Reservation> ExpiredAsync(string sku, long quantity, int seconds = 1)
    {
        var request = Reserve(sku, quantity);
        request.Ttl = Duration.FromTimeSpan(TimeSpan.FromSeconds(seconds));
        var reservation = (await ledger.Inventory.ReserveAsync(request)).Reservation;
        return await Eventually.Becomes(() => ledger.ReservationAsync(reservation.ReservationId), each => each.State == ReservationState.Expired);
    }

    private static ExtendReservationRequest Extend(Reservation reservation, TimeSpan timeToLive) =>
        new() { TenantId = Tenant, IdempotencyKey = New("key"), ReservationId = reservation.ReservationId, Ttl = Duration.FromTimeSpan(timeToLive) };
}
