using System.Collections.Immutable;
using Shouldly;
using StockAuthority.Core.Inventory;
using Xunit;

namespace StockAuthority.Core.Tests.Inventory;

public sealed class AdjustTests
{
    private readonly LedgerModel _ledger = new();

    [Fact]
    public void A_receipt_makes_units_available_and_says_why()
    {
        Adjust(AdjustmentReason.Receipt, Shop.Mugs(5), Shop.Teas(2));

        _ledger.Level(Shop.Mug).Available.ShouldBe(5);
        _ledger.Level(Shop.Tea).Available.ShouldBe(2);
        _ledger.Movements[0].ShouldSatisfyAllConditions(
            movement => (movement.From, movement.To, movement.Quantity).ShouldBe((StockState.Supply, StockState.Available, 5)),
            movement => (movement.DocumentRef, movement.Reason).ShouldBe(("sheet-1", AdjustmentReason.Receipt)),
            movement => movement.ReservationNumber.ShouldBeNull());
    }

    [Fact]
    public void A_sale_beyond_what_is_available_is_not_refused_but_owed()
    {
        Adjust(AdjustmentReason.Receipt, Shop.Mugs(3));
        _ledger.Reserve(Shop.Mugs(2));

        Adjust(AdjustmentReason.Sale, Shop.Mugs(-3));

        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(
            level => level.Available.ShouldBe(0),
            level => level.Reserved.ShouldBe(2, "the order keeps its promise"),
            level => level.Shortfall.ShouldBe(2),
            level => level.OnHand.ShouldBe(0));
    }

    [Fact]
    public void What_arrives_covers_what_is_owed_first()
    {
        Adjust(AdjustmentReason.Sale, Shop.Mugs(-3));
        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Shortfall.ShouldBe(3), level => level.OnHand.ShouldBe(-3));

        Adjust(AdjustmentReason.Receipt, Shop.Mugs(2));
        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Shortfall.ShouldBe(1), level => level.Available.ShouldBe(0));

        Adjust(AdjustmentReason.CycleCount, Shop.Mugs(3));
        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Shortfall.ShouldBe(0), level => level.Available.ShouldBe(2));
    }

    [Fact]
    public void What_is_owed_cannot_be_reserved()
    {
        Adjust(AdjustmentReason.Sale, Shop.Mugs(-3));
        Adjust(AdjustmentReason.Receipt, Shop.Mugs(3));

        _ledger.Run(Shop.Reserve(Shop.Mugs(1))).Outcome.ShouldBeOfType<StockOutcome.Refused>();
    }

    [Fact]
    public void A_correction_never_makes_units_owed()
    {
        Adjust(AdjustmentReason.Receipt, Shop.Mugs(3), Shop.Teas(1));

        var decision = Run(AdjustmentReason.Correction, Shop.Mugs(-4), Shop.Teas(-1));

        Refusal<Refusal.InsufficientStock>(decision).Shortages.ShouldBe([new Shortage(Shop.Mug, 4, 3)]);
        decision.Movements.ShouldBeEmpty();
        Adjust(AdjustmentReason.Correction, Shop.Mugs(-3), Shop.Teas(-1));
        _ledger.Level(Shop.Mug).Available.ShouldBe(0);
    }

    [Fact]
    public void An_opening_balance_opens_a_level_once()
    {
        Adjust(AdjustmentReason.OpeningBalance, Shop.Mugs(3));

        var decision = Run(AdjustmentReason.OpeningBalance, Shop.Mugs(3), Shop.Teas(1));

        Refusal<Refusal.AlreadyOpened>(decision).Keys.ShouldBe([Shop.Mug]);
        _ledger.Level(Shop.Tea).Version.ShouldBe(0, "all lines or none");
        Adjust(AdjustmentReason.OpeningBalance, Shop.Teas(1));
    }

    [Fact]
    public void An_unknown_location_is_invalid() =>
        Run(AdjustmentReason.Receipt, new StockLine(Shop.Nowhere, 1)).Outcome.ShouldBeOfType<StockOutcome.Invalid>()
            .Reference.ShouldBeOfType<InvalidReference.UnknownLocations>().LocationIds.ShouldBe(["atlantis"]);

    [Fact]
    public void A_level_fills_up_to_the_largest_exact_number_and_not_beyond()
    {
        Adjust(AdjustmentReason.Receipt, Shop.Mugs(StockDecisions.MaximumUnits));
        _ledger.Reserve(Shop.Mugs(7));

        Refusal<Refusal.LevelOutOfRange>(Run(AdjustmentReason.Receipt, Shop.Mugs(1), Shop.Teas(1))).Keys.ShouldBe([Shop.Mug]);
        _ledger.Level(Shop.Tea).Version.ShouldBe(0, "all lines or none");
    }

    [Fact]
    public void A_debt_grows_up_to_the_largest_exact_number_and_not_beyond()
    {
        Adjust(AdjustmentReason.Sale, Shop.Mugs(-StockDecisions.MaximumUnits));

        Refusal<Refusal.LevelOutOfRange>(Run(AdjustmentReason.Sale, Shop.Mugs(-1))).Keys.ShouldBe([Shop.Mug]);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Absurd_quantities_are_refused_without_overflow(long quantity)
    {
        Adjust(AdjustmentReason.Receipt, Shop.Mugs(1));
        Refusal<Refusal.LevelOutOfRange>(Run(AdjustmentReason.CycleCount, Shop.Mugs(quantity))).Keys.ShouldBe([Shop.Mug]);
    }

    [Theory]
    [InlineData(AdjustmentReason.CycleCount, 1)]
    [InlineData(AdjustmentReason.Correction, 1)]
    [InlineData(AdjustmentReason.Damage, -1)]
    [InlineData(AdjustmentReason.Shrinkage, -1)]
    [InlineData(AdjustmentReason.WriteOff, -1)]
    public void A_level_does_not_begin_with_what_happens_to_goods_that_are_there(AdjustmentReason reason, long quantity)
    {
        Adjust(AdjustmentReason.Receipt, Shop.Teas(3));

        Refusal<Refusal.NotOpened>(Run(reason, Shop.Mugs(quantity), Shop.Teas(quantity))).Keys.ShouldBe([Shop.Mug]);

        _ledger.Level(Shop.Tea).Available.ShouldBe(3, "all lines or none");
    }

    [Theory]
    [InlineData(AdjustmentReason.Receipt, 1)]
    [InlineData(AdjustmentReason.OpeningBalance, 1)]
    [InlineData(AdjustmentReason.Sale, -1)]
    public void A_level_begins_with_goods_that_come_in_or_with_a_till_that_sold_them(AdjustmentReason reason, long quantity) =>
        Adjust(reason, Shop.Mugs(quantity));

    private void Adjust(AdjustmentReason reason, params ImmutableArray<StockLine> lines) =>
        Run(reason, lines).Outcome.ShouldBeOfType<StockOutcome.Applied>();

    private Decision Run(AdjustmentReason reason, params ImmutableArray<StockLine> lines) =>
        _ledger.Run(new StockCommand.Adjust("sheet-1", reason, lines));

    private static T Refusal<T>(Decision decision)
        where T : Refusal => decision.Outcome.ShouldBeOfType<StockOutcome.Refused>().Refusal.ShouldBeOfType<T>();
}
