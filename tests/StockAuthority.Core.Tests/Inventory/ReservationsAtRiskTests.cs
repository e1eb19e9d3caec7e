using System.Collections.Immutable;
using Shouldly;
using StockAuthority.Core.Inventory;
using Xunit;

namespace StockAuthority.Core.Tests.Inventory;

/// <summary>A fact that takes what was promised names whose promises those are.</summary>
public sealed class ReservationsAtRiskTests
{
    private readonly LedgerModel _ledger = new();

    public ReservationsAtRiskTests() => _ledger.Stock(Shop.Mugs(100), Shop.Teas(3));

    [Fact]
    public void Those_with_units_at_the_key_are_named_the_oldest_first()
    {
        var reserved = Reserve(Shop.Mugs(40));
        var committed = Reserve(Shop.Mugs(40));
        _ledger.Run(new StockCommand.Commit(committed, [Shop.Mugs(40)]));
        var handedOver = Reserve(Shop.Mugs(1));
        _ledger.Run(new StockCommand.Commit(handedOver, [Shop.Mugs(1)]));
        _ledger.Run(new StockCommand.Fulfill(handedOver, [Shop.Mugs(1)]));
        Reserve(Shop.Teas(3));

        Sell(Shop.Mugs(-19)).ShouldBeEmpty("nineteen were free");
        Sell(Shop.Mugs(-1)).ShouldBe([reserved, committed]);
        Sell(Shop.Mugs(-1), Shop.Teas(-1)).Length.ShouldBe(3);
    }

    [Fact]
    public void A_count_names_them_too()
    {
        var number = Reserve(Shop.Mugs(10));

        AtRisk(new StockCommand.SetLevels("count-1", [new CountedLine(Shop.Mug, 10, 2)])).ShouldBeEmpty();
        AtRisk(new StockCommand.SetLevels("count-1", [new CountedLine(Shop.Mug, 9, 3)])).ShouldBe([number]);
    }

    [Fact]
    public void No_more_than_fifty_are_named()
    {
        var numbers = Enumerable.Range(0, 60).Select(_ => Reserve(Shop.Mugs(1))).ToList();

        Sell(Shop.Mugs(-41)).ShouldBe(numbers.Take(50));
    }

    private long Reserve(StockLine line) => _ledger.Reserve(line).Number;

    private ImmutableArray<long> Sell(params ImmutableArray<StockLine> lines) => AtRisk(new StockCommand.Adjust("till-1", AdjustmentReason.Sale, lines));

    private ImmutableArray<long> AtRisk(StockCommand command) => _ledger.Run(command).Outcome.ShouldBeOfType<StockOutcome.Applied>().ReservationsAtRisk;
}
