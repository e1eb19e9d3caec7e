using Shouldly;
using StockAuthority.Core.Inventory;
using Xunit;

namespace StockAuthority.Core.Tests.Inventory;

/// <summary>When a fact happened is recorded with its movements, and decides nothing.</summary>
public sealed class OccurrenceTests
{
    private static readonly DateTimeOffset Yesterday = Shop.Opening.AddDays(-1);

    private readonly LedgerModel _ledger = new();

    public OccurrenceTests() => _ledger.Stock(Shop.Mugs(5));

    [Fact]
    public void Every_movement_of_a_fact_says_when_it_happened()
    {
        var sold = _ledger.Reserve(Shop.Mugs(1));
        _ledger.Run(new StockCommand.Commit(sold.Number, [Shop.Mugs(1)]));
        _ledger.Run(new StockCommand.Fulfill(sold.Number, [Shop.Mugs(1)]));
        var before = _ledger.Movements.Count;

        // More than there is, so in two movements.
        _ledger.Run(new StockCommand.Adjust("till", AdjustmentReason.Sale, [Shop.Mugs(-6)], Yesterday));
        _ledger.Run(new StockCommand.ReceiveReturn(Shop.Order, "return", [Shop.Mugs(1)], sold.Number, Yesterday));
        _ledger.Run(new StockCommand.SetLevels("sheet", [new CountedLine(Shop.Mug, 3, _ledger.Level(Shop.Mug).Version)], Yesterday));

        _ledger.Movements.Take(before).ShouldAllBe(movement => movement.OccurredAt == null);
        _ledger.Movements.Skip(before).Select(movement => movement.Operation).Distinct()
            .ShouldBe([StockOperation.Adjust, StockOperation.ReceiveReturn, StockOperation.SetLevels]);
        _ledger.Movements.Skip(before).ShouldAllBe(movement => movement.OccurredAt == Yesterday && movement.RecordedAt == _ledger.Now);
    }

    [Fact]
    public void A_clock_may_be_five_minutes_ahead_and_no_more()
    {
        var latest = _ledger.Now.AddMinutes(5);
        _ledger.Run(new StockCommand.Adjust("till", AdjustmentReason.Sale, [Shop.Mugs(-1)], latest)).Outcome.ShouldBeOfType<StockOutcome.Applied>();

        var tooLate = latest.AddMicroseconds(1);
        foreach (var command in (StockCommand[])
        [
            new StockCommand.Adjust("till", AdjustmentReason.Sale, [Shop.Mugs(-1)], tooLate),
            new StockCommand.ReceiveReturn(Shop.Order, "return", [Shop.Mugs(1)], null, tooLate),
            new StockCommand.SetLevels("sheet", [new CountedLine(Shop.Mug, 3, _ledger.Level(Shop.Mug).Version)], tooLate),
        ])
        {
            _ledger.Run(command).Outcome.ShouldBe(new StockOutcome.Invalid(new InvalidReference.OccursInFuture()));
        }
    }
}
