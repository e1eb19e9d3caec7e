using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Client.Tests.Authority;

namespace StockAuthority.Client.Tests;

/// <summary>What a checkout is told by the real authority.</summary>
public sealed class OutcomeTests(Authority authority)
{
    [Fact]
    public async Task An_order_goes_from_reserved_to_handed_over()
    {
        var (sku, order) = (await authority.OpenAsync(5), New("order"));

        var reserved = (await ReserveAsync(order, Line(sku, 3))).ShouldBeOfType<ReserveOutcome.Reserved>();
        reserved.Levels.ShouldHaveSingleItem().Available.ShouldBe(2);
        reserved.IsReplay.ShouldBeFalse();
        var id = reserved.Reservation.ReservationId;

        var committed = (await authority.Client.CommitAsync(
            IdempotencyKey.For(order, "commit"), new CommitRequest { ReservationId = id, Lines = { Line(sku, 3) } })).ShouldBeOfType<CommitOutcome.Committed>();
        committed.Reservation.State.ShouldBe(ReservationState.Committed);

        var released = (await authority.Client.ReleaseAsync(
            IdempotencyKey.For(order, "release"), new ReleaseRequest { ReservationId = id, Lines = { Line(sku, 1) } })).ShouldBeOfType<ReleaseOutcome.Released>();
        released.Levels.ShouldHaveSingleItem().Available.ShouldBe(3);

        var fulfilled = (await authority.Client.FulfillAsync(
            IdempotencyKey.For(order, "fulfill"), new FulfillRequest { ReservationId = id, Lines = { Line(sku, 2) } })).ShouldBeOfType<FulfillOutcome.Fulfilled>();
        fulfilled.Reservation.State.ShouldBe(ReservationState.Fulfilled);

        var found = (await authority.Client.GetAvailabilityAsync(
            [new AvailabilityKey { Sku = sku, LocationId = Authority.Location }], ReadConsistency.Strong)).ShouldBeOfType<AvailabilityOutcome.Found>();
        (found.Availabilities[0].Level.Available, found.Availabilities[0].Level.OnHand).ShouldBe((3, 3));
    }

    [Fact]
    public async Task Insufficient_stock_says_what_every_line_lacks_and_holds_nothing()
    {
        var (few, none, plenty) = (await authority.OpenAsync(2), New("sku"), await authority.OpenAsync(100));

        var outcome = await ReserveAsync(New("order"), Line(few, 2), Line(plenty, 1), Line(few, 1), Line(none, 4));

        outcome.ShouldBeOfType<ReserveOutcome.InsufficientStock>().Lines.Select(each => (each.Sku, each.Requested, each.Available))
            .ShouldBe([(few, 3, 2), (none, 4, 0)], ignoreOrder: true);
        (await ReserveAsync(New("order"), Line(plenty, 100))).ShouldBeOfType<ReserveOutcome.Reserved>();
    }

    [Fact]
    public async Task Two_hundred_lines_that_lack_units_are_all_told()
    {
        var prefix = New(new string('s', 100));
        var lines = Enumerable.Range(0, 200).Select(number => Line($"{prefix}-{number}", 1)).ToArray();
        (await ReserveAsync(New("order"), lines)).ShouldBeOfType<ReserveOutcome.InsufficientStock>().Lines.Count.ShouldBe(200);
    }

    [Fact]
    public async Task The_same_key_gets_the_same_answer_and_says_so()
    {
        var (sku, order) = (await authority.OpenAsync(5), New("order"));
        var first = (await ReserveAsync(order, Line(sku, 2))).ShouldBeOfType<ReserveOutcome.Reserved>();
        var second = (await ReserveAsync(order, Line(sku, 2))).ShouldBeOfType<ReserveOutcome.Reserved>();
        second.Reservation.ShouldBe(first.Reservation);
        second.IsReplay.ShouldBeTrue();
    }

    [Fact]
    public async Task The_same_key_with_another_basket_is_named_and_does_nothing()
    {
        var (sku, order) = (await authority.OpenAsync(5), New("order"));
        await ReserveAsync(order, Line(sku, 2));
        (await ReserveAsync(order, Line(sku, 3))).ShouldBeOfType<ReserveOutcome.KeyReused>();
    }

    [Fact]
    public async Task What_cannot_be_committed_says_why()
    {
        var (sku, order) = (await authority.OpenAsync(5), New("order"));
        var id = (await ReserveAsync(order, Line(sku, 2))).ShouldBeOfType<ReserveOutcome.Reserved>().Reservation.ReservationId;

        (await CommitAsync(id, Line(sku, 3))).ShouldBeOfType<CommitOutcome.ExceedsReservation>().Lines
            .ShouldHaveSingleItem().ShouldBe(new StockShortage { Sku = sku, LocationId = Authority.Location, Requested = 3, Available = 2 });
        (await CommitAsync("rsv-999999", Line(sku, 1))).ShouldBeOfType<CommitOutcome.ReservationNotFound>();

        await authority.Client.ReleaseAsync(IdempotencyKey.For(order, "release"), new ReleaseRequest { ReservationId = id, Lines = { Line(sku, 2) } });
        (await CommitAsync(id, Line(sku, 2))).ShouldBe(new CommitOutcome.ReservationFinal(ReservationState.Released));
    }

    [Fact]
    public async Task A_second_opening_balance_and_a_correction_of_what_is_promised_are_refused()
    {
        var sku = await authority.OpenAsync(5);
        (await authority.Client.AdjustAsync(IdempotencyKey.New(), Opening(sku, 5))).ShouldBeOfType<AdjustOutcome.AlreadyOpened>();
        await ReserveAsync(New("order"), Line(sku, 5));
        (await authority.Client.AdjustAsync(IdempotencyKey.New(), new AdjustRequest { DocumentRef = "d", Reason = AdjustmentReason.Correction, Lines = { Line(sku, -1) } }))
            .ShouldBeOfType<AdjustOutcome.InsufficientStock>();
    }

    [Fact]
    public async Task Bad_input_lists_every_bad_field()
    {
        var refusal = (await authority.Client.ReserveAsync(IdempotencyKey.New(), new ReserveRequest { Lines = { new StockLine() } })).ShouldBeOfType<ReserveOutcome.Refused>().Why;
        (refusal.Code, refusal.Reason).ShouldBe((StatusCode.InvalidArgument, "MISSING_FIELD"));
        refusal.Fields.Select(each => each.Field).ShouldBe(["order_ref", "lines[0].sku", "lines[0].location_id", "lines[0].quantity"], ignoreOrder: true);
    }

    [Fact]
    public async Task Another_tenant_and_no_token_are_refused_at_once()
    {
        var request = Reserve(New("order"), Line("sku", 1));
        request.TenantId = "other";
        (await authority.Client.ReserveAsync(IdempotencyKey.New(), request)).ShouldBeOfType<ReserveOutcome.Refused>().Why.Reason.ShouldBe("TENANT_NOT_ALLOWED");

        await using var nobody = authority.Services(_ => { });
        var outcome = await nobody.GetRequiredService<StockAuthorityClient>().ReserveAsync(IdempotencyKey.New(), Reserve(New("order"), Line("sku", 1)));
        outcome.ShouldBeOfType<ReserveOutcome.Refused>().Why.Code.ShouldBe(StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task A_token_file_and_a_token_provider_are_asked()
    {
        var sku = await authority.OpenAsync(5);
        var file = await TestTokens.FileAsync(Tenant);
        await using var byFile = authority.Services(options => options.TokenFile = file);
        (await byFile.GetRequiredService<StockAuthorityClient>().ReserveAsync(IdempotencyKey.New(), Reserve(New("order"), Line(sku, 1)))).ShouldBeOfType<ReserveOutcome.Reserved>();

        await using var byProvider = authority.Services(options => options.TokenProvider = async _ => await TestTokens.ForTenantAsync(Tenant));
        (await byProvider.GetRequiredService<StockAuthorityClient>().ReserveAsync(IdempotencyKey.New(), Reserve(New("order"), Line(sku, 1)))).ShouldBeOfType<ReserveOutcome.Reserved>();
    }

    private Task<ReserveOutcome> ReserveAsync(string order, params StockLine[] lines) =>
        authority.Client.ReserveAsync(IdempotencyKey.For(order, "reserve"), Reserve(order, lines));

    private Task<CommitOutcome> CommitAsync(string reservationId, StockLine line) =>
        authority.Client.CommitAsync(IdempotencyKey.New(), new CommitRequest { ReservationId = reservationId, Lines = { line } });
}
