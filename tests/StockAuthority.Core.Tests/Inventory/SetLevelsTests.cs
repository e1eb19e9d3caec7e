using System.Collections.Immutable;
using Shouldly;
using StockAuthority.Core.Inventory;
using Xunit;

namespace StockAuthority.Core.Tests.Inventory;

public sealed class SetLevelsTests
{
    private readonly LedgerModel _ledger = new();

    public SetLevelsTests() => _ledger.Stock(Shop.Mugs(5), Shop.Teas(3));

    [Fact]
    public void More_units_than_expected_become_available()
    {
        _ledger.Reserve(Shop.Mugs(2));

        Count(Mugs(9)).Outcome.ShouldBe(new StockOutcome.Applied(null));

        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.OnHand.ShouldBe(9), level => level.Available.ShouldBe(7), level => level.Reserved.ShouldBe(2));
        _ledger.Movements[^1].ShouldSatisfyAllConditions(
            movement => (movement.From, movement.To, movement.Quantity).ShouldBe((StockState.Supply, StockState.Available, 4)),
            movement => (movement.Operation, movement.Reason, movement.DocumentRef).ShouldBe((StockOperation.SetLevels, AdjustmentReason.CycleCount, "count-1")));
    }

    [Fact]
    public void Fewer_units_than_were_promised_are_owed()
    {
        _ledger.Reserve(Shop.Mugs(4));

        Count(Mugs(1)).Outcome.ShouldBeOfType<StockOutcome.Applied>().ReservationsAtRisk.Length.ShouldBe(1);

        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(
            level => level.OnHand.ShouldBe(1),
            level => level.Available.ShouldBe(0),
            level => level.Reserved.ShouldBe(4, "the order keeps its promise"),
            level => level.Shortfall.ShouldBe(3));
        Count(Mugs(6));
        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Shortfall.ShouldBe(0), level => level.Available.ShouldBe(2), level => level.OnHand.ShouldBe(6));
        LedgerInvariants.Check(_ledger);
    }

    [Fact]
    public void A_count_of_what_is_known_moves_nothing() => Count(Mugs(5)).Movements.ShouldBeEmpty();

    [Fact]
    public void An_empty_shelf_can_be_counted()
    {
        Count(Mugs(0));
        _ledger.Level(Shop.Mug).OnHand.ShouldBe(0);
    }

    [Fact]
    public void A_count_of_a_level_that_moved_is_refused_as_a_whole()
    {
        var mugs = Mugs(9);
        _ledger.Reserve(Shop.Mugs(1));

        var decision = Count(new CountedLine(Shop.Tea, 1, 1), mugs);

        Refusal<Refusal.VersionMismatch>(decision).Conflicts.ShouldBe([new VersionConflict(Shop.Mug, 1, 2)]);
        decision.Movements.ShouldBeEmpty();
    }

    [Fact]
    public void A_level_does_not_begin_with_a_count() =>
        Refusal<Refusal.NotOpened>(Count(new CountedLine(Shop.MugInLyon, 1, 1))).Keys.ShouldBe([Shop.MugInLyon]);

    [Fact]
    public void An_unknown_location_is_invalid() => Count(new CountedLine(Shop.Nowhere, 1, 1)).Outcome.ShouldBeOfType<StockOutcome.Invalid>();

    [Fact]
    public void A_count_beyond_the_largest_exact_number_is_refused()
    {
        _ledger.Run(new StockCommand.Adjust("till-1", AdjustmentReason.Sale, [Shop.Mugs(-7)]));
        _ledger.Level(Shop.Mug).Shortfall.ShouldBe(2);

        Refusal<Refusal.LevelOutOfRange>(Count(Mugs(StockDecisions.MaximumUnits))).Keys.ShouldBe([Shop.Mug]);
    }

    private CountedLine Mugs(long onHand) => new(Shop.Mug, onHand, _ledger.Level(Shop.Mug).Version);

    private Decision Count(params ImmutableArray<CountedLine> lines) => _ledger.Run(new StockCommand.SetLevels("count-1", lines));

    private static T Refusal<T>(Decision decision)
        where T : Refusal => decision.Outcome.ShouldBeOfType<StockOutcome.Refused>().Refusal.ShouldBeOfType<T>();
}
