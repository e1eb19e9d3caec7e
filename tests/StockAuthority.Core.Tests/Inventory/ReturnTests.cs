using System.Collections.Immutable;
using Shouldly;
using StockAuthority.Core.Inventory;
using Xunit;

namespace StockAuthority.Core.Tests.Inventory;

/// <summary>Goods that come back, and what their inspection finds.</summary>
public sealed class ReturnTests
{
    private readonly LedgerModel _ledger = new();
    private readonly long _number;

    public ReturnTests()
    {
        _ledger.Stock(Shop.Mugs(5), Shop.Teas(3), new StockLine(Shop.MugInLyon, 2));
        _number = _ledger.Reserve(Shop.Mugs(3), Shop.Teas(1), new StockLine(Shop.MugInLyon, 1)).Number;
        _ledger.Run(new StockCommand.Commit(_number, [Shop.Mugs(3), Shop.Teas(1), new StockLine(Shop.MugInLyon, 1)]));
        _ledger.Run(new StockCommand.Fulfill(_number, [Shop.Mugs(2), new StockLine(Shop.MugInLyon, 1)]));
    }

    [Fact]
    public void What_came_back_is_on_hand_but_cannot_be_promised()
    {
        Receive(null, Shop.Mugs(1)).Outcome.ShouldBe(new StockOutcome.Applied(null));

        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Inspection.ShouldBe(1), level => level.Available.ShouldBe(2), level => level.OnHand.ShouldBe(4));
        _ledger.Movements[^1].ShouldSatisfyAllConditions(
            movement => (movement.From, movement.To, movement.Operation).ShouldBe((StockState.Customer, StockState.Inspection, StockOperation.ReceiveReturn)),
            movement => (movement.OrderRef, movement.DocumentRef, movement.ReservationNumber).ShouldBe((Shop.Order, "return-1", null)));
    }

    [Fact]
    public void No_more_comes_back_of_a_reservation_than_was_handed_over()
    {
        LedgerModel.Reserved(Receive(_number, Shop.Mugs(1))).Line(Shop.Mug)!.Returned.ShouldBe(1);

        var refusal = Refusal<Refusal.QuantityExceedsReservation>(Receive(_number, Shop.Mugs(3), Shop.Teas(1)));

        refusal.Lines.ShouldBe([new Shortage(Shop.Mug, 3, 2), new Shortage(Shop.Tea, 1, 0)]);
        LedgerModel.Reserved(Receive(_number, Shop.Mugs(1))).State.ShouldBe(ReservationState.Committed, "a mug and a tea are still here");
        LedgerInvariants.Check(_ledger);
    }

    [Fact]
    public void It_may_come_back_to_another_location()
    {
        var reservation = LedgerModel.Reserved(Receive(_number, new StockLine(Shop.MugInLyon, 3)));

        reservation.Line(Shop.MugInLyon)!.Returned.ShouldBe(1);
        reservation.Line(Shop.Mug)!.Returned.ShouldBe(2);
        _ledger.Level(Shop.MugInLyon).Inspection.ShouldBe(3);
        Refusal<Refusal.QuantityExceedsReservation>(Receive(_number, Shop.Mugs(1))).Lines.ShouldBe([new Shortage(Shop.Mug, 1, 0)]);
    }

    [Fact]
    public void Lines_of_one_sku_are_judged_together() =>
        Refusal<Refusal.QuantityExceedsReservation>(Receive(_number, Shop.Mugs(2), new StockLine(Shop.MugInLyon, 2))).Lines.ShouldBe([new Shortage(Shop.Mug, 4, 3)]);

    [Fact]
    public void The_reservation_must_be_known_and_of_that_order()
    {
        _ledger.Run(new StockCommand.ReceiveReturn("order-2", "return-1", [Shop.Mugs(1)], _number)).Outcome
            .ShouldBe(new StockOutcome.Refused(new Refusal.OrderDiffers(_number, Shop.Order)));
        Receive(404, Shop.Mugs(1)).Outcome.ShouldBe(new StockOutcome.Invalid(new InvalidReference.UnknownReservation(404)));
    }

    [Fact]
    public void A_return_to_an_unknown_location_or_beyond_the_largest_exact_number_is_refused()
    {
        Receive(null, new StockLine(Shop.Nowhere, 1)).Outcome.ShouldBeOfType<StockOutcome.Invalid>();
        Refusal<Refusal.LevelOutOfRange>(Receive(null, Shop.Mugs(StockDecisions.MaximumUnits))).Keys.ShouldBe([Shop.Mug]);
    }

    [Fact]
    public void Inspected_units_go_where_the_verdict_says()
    {
        Receive(null, Shop.Mugs(6));

        Inspect(new InspectedLine(Shop.Mug, 1, ReturnDisposition.Available), new InspectedLine(Shop.Mug, 2, ReturnDisposition.Damaged), new InspectedLine(Shop.Mug, 1, ReturnDisposition.WrittenOff))
            .Outcome.ShouldBe(new StockOutcome.Applied(null));

        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(
            level => level.Inspection.ShouldBe(2),
            level => level.Available.ShouldBe(3),
            level => level.Damaged.ShouldBe(2),
            level => level.OnHand.ShouldBe(8, "one of nine was thrown away"));
        LedgerInvariants.Check(_ledger);
    }

    [Fact]
    public void More_than_waits_for_inspection_is_refused_as_a_whole()
    {
        Receive(null, Shop.Mugs(2), Shop.Teas(1));

        var decision = Inspect(
            new InspectedLine(Shop.Tea, 1, ReturnDisposition.Available),
            new InspectedLine(Shop.Mug, 2, ReturnDisposition.Available),
            new InspectedLine(Shop.Mug, 1, ReturnDisposition.Damaged));

        Refusal<Refusal.QuantityExceedsInspection>(decision).Lines.ShouldBe([new Shortage(Shop.Mug, 3, 2)]);
        decision.Movements.ShouldBeEmpty();
        Inspect(new InspectedLine(Shop.Nowhere, 1, ReturnDisposition.Available)).Outcome.ShouldBeOfType<StockOutcome.Invalid>();
    }

    [Fact]
    public void Units_that_can_be_sold_again_cover_what_is_owed_first()
    {
        _ledger.Run(new StockCommand.Adjust("till-7", AdjustmentReason.Sale, [Shop.Mugs(-3)]));
        _ledger.Level(Shop.Mug).Shortfall.ShouldBe(1);
        Receive(null, Shop.Mugs(2));

        Inspect(new InspectedLine(Shop.Mug, 2, ReturnDisposition.Available));

        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Shortfall.ShouldBe(0), level => level.Available.ShouldBe(1));
    }

    private Decision Receive(long? number, params ImmutableArray<StockLine> lines) =>
        _ledger.Run(new StockCommand.ReceiveReturn(Shop.Order, "return-1", lines, number));

    private Decision Inspect(params ImmutableArray<InspectedLine> lines) => _ledger.Run(new StockCommand.InspectReturn("return-1", Shop.Order, lines));

    private static T Refusal<T>(Decision decision)
        where T : Refusal => decision.Outcome.ShouldBeOfType<StockOutcome.Refused>().Refusal.ShouldBeOfType<T>();
}
