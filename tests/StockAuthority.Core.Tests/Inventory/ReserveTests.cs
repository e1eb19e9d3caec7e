using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Inventory;

public sealed class ReserveTests
{
    private readonly LedgerModel _ledger = new();

    public ReserveTests() => _ledger.Stock(Shop.Mugs(5), Shop.Teas(3));

    [Fact]
    public void Reserve_moves_units_from_available_to_reserved_until_it_expires()
    {
        var reservation = _ledger.Reserve(Shop.Mugs(2), Shop.Teas(3));

        reservation.ShouldSatisfyAllConditions(
            each => each.Number.ShouldBe(3, "the sequence of its first movement"),
            each => each.State.ShouldBe(ReservationState.Active),
            each => each.Origin.ShouldBe(ReservationOrigin.Checkout),
            each => each.ExpireAt.ShouldBe(Shop.Opening + Shop.TimeToLive),
            each => each.ClosedAt.ShouldBeNull(),
            each => each.Lines.ShouldBe([new ReservationLine(Shop.Mug, 2, 2), new ReservationLine(Shop.Tea, 3, 3)]));
        _ledger.Level(Shop.Mug).ShouldBe(new StockLevel(Shop.Mug, Available: 3, Reserved: 2, Version: 2, Sequence: 3));
        _ledger.Level(Shop.Tea).ShouldBe(new StockLevel(Shop.Tea, Available: 0, Reserved: 3, Version: 2, Sequence: 4));
    }

    [Fact]
    public void Reserve_beyond_available_holds_nothing_and_names_every_shortage()
    {
        var decision = _ledger.Run(Shop.Reserve(Shop.Mugs(6), Shop.Teas(1), new StockLine(Shop.MugInLyon, 1)));

        Refusal<Refusal.InsufficientStock>(decision).Shortages
            .ShouldBe([new Shortage(Shop.Mug, 6, 5), new Shortage(Shop.MugInLyon, 1, 0)]);
        decision.Movements.ShouldBeEmpty();
        _ledger.Reservations.ShouldBeEmpty();
    }

    [Fact]
    public void The_last_unit_goes_to_one_order_only()
    {
        _ledger.Reserve(Shop.Mugs(5));

        var decision = _ledger.Run(Shop.Reserve(Shop.Mugs(1)) with { OrderRef = "order-2" });

        Refusal<Refusal.InsufficientStock>(decision).Shortages.ShouldBe([new Shortage(Shop.Mug, 1, 0)]);
    }

    [Fact]
    public void Unknown_locations_are_invalid_and_each_is_named_once()
    {
        var decision = _ledger.Run(Shop.Reserve(Shop.Mugs(1), new StockLine(Shop.Nowhere, 1), new StockLine(Shop.Nowhere with { Sku = "tea" }, 1)));

        var outcome = decision.Outcome.ShouldBeOfType<StockOutcome.Invalid>();
        outcome.Reference.ShouldBeOfType<InvalidReference.UnknownLocations>().LocationIds.ShouldBe(["atlantis"]);
        outcome.IsRecorded.ShouldBeFalse("the location may be created later, and the same key must work then");
        decision.Movements.ShouldBeEmpty();
    }

    [Fact]
    public void A_refusal_is_recorded_so_that_a_retry_gets_it_again() =>
        _ledger.Run(Shop.Reserve(Shop.Mugs(6))).Outcome.IsRecorded.ShouldBeTrue();

    [Fact]
    public void A_checkout_takes_over_what_a_payment_of_its_order_reserved()
    {
        _ledger.Apply(Shop.Authorized().For(Shop.Mugs(2), Shop.Teas(1)));
        _ledger.Advance(TimeSpan.FromMinutes(5));

        var decision = _ledger.Run(Shop.Reserve(Shop.Teas(1), Shop.Mugs(2)) with { PaymentObjectId = Shop.Payment });

        decision.Movements.ShouldBeEmpty("the units are held already");
        var reservation = LedgerModel.Reserved(decision);
        reservation.ShouldSatisfyAllConditions(
            each => each.Origin.ShouldBe(ReservationOrigin.Checkout),
            each => each.PaymentObjectId.ShouldBe(Shop.Payment),
            each => each.Channel.ShouldBe("web"),
            each => each.ExpireAt.ShouldBe(_ledger.Now + Shop.TimeToLive));
        _ledger.Reservations.ShouldHaveSingleItem().ShouldBe(reservation);
    }

    [Fact]
    public void A_checkout_takes_over_units_that_were_even_handed_over()
    {
        _ledger.Apply(Shop.Captured().For(Shop.Mugs(2)));
        var number = _ledger.Reservations.Single().Number;
        _ledger.Run(new StockCommand.Fulfill(number, [Shop.Mugs(2)]));

        var reservation = LedgerModel.Reserved(_ledger.Run(Shop.Reserve(Shop.Mugs(2))));

        reservation.Number.ShouldBe(number);
        reservation.State.ShouldBe(ReservationState.Fulfilled);
        _ledger.Level(Shop.Mug).Reserved.ShouldBe(0);
    }

    [Fact]
    public void A_checkout_for_other_lines_than_a_payment_reserved_is_refused()
    {
        _ledger.Apply(Shop.Authorized().For(Shop.Mugs(2)));

        var decision = _ledger.Run(Shop.Reserve(Shop.Mugs(3)));

        var refusal = Refusal<Refusal.OrderAlreadyReserved>(decision);
        refusal.ShouldBe(new Refusal.OrderAlreadyReserved(Shop.Order, _ledger.Reservations.Single().Number));
        decision.Movements.ShouldBeEmpty();
    }

    [Fact]
    public void A_second_checkout_reservation_of_an_order_is_held_besides_the_first()
    {
        _ledger.Reserve(Shop.Mugs(2));
        _ledger.Reserve(Shop.Teas(1));

        _ledger.Apply(Shop.Captured());

        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
        _ledger.Level(Shop.Tea).Committed.ShouldBe(1);
    }

    [Fact]
    public void Reserving_again_after_an_expiry_wants_the_new_units_only()
    {
        var expired = _ledger.Reserve(Shop.Mugs(2));
        _ledger.Advance(Shop.TimeToLive);
        _ledger.Run(new StockCommand.Expire(expired.Number));
        _ledger.Reserve(Shop.Mugs(1));

        _ledger.Apply(Shop.Captured(70));

        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(
            level => level.Available.ShouldBe(4),
            level => level.Reserved.ShouldBe(0),
            level => level.Committed.ShouldBe(1));
    }

    [Fact]
    public void A_refused_checkout_leaves_waiting_events_waiting()
    {
        _ledger.Apply(Shop.Captured());

        _ledger.Run(Shop.Reserve(Shop.Mugs(6)));

        _ledger.Resolutions.Values.ShouldHaveSingleItem().Reason.ShouldBe(ResolutionReason.MissingContext);
        _ledger.Payments.Single().Waiting.ShouldHaveSingleItem();
    }

    private static T Refusal<T>(Decision decision)
        where T : Refusal => decision.Outcome.ShouldBeOfType<StockOutcome.Refused>().Refusal.ShouldBeOfType<T>();
}
