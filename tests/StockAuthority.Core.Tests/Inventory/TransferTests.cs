using System.Collections.Immutable;
using Shouldly;
using StockAuthority.Core.Inventory;
using Xunit;

namespace StockAuthority.Core.Tests.Inventory;

/// <summary>Units that go from one location to another.</summary>
public sealed class TransferTests
{
    private static readonly StockKey TeaInLyon = new("tea", "lyon");

    private readonly LedgerModel _ledger = new();

    public TransferTests() => _ledger.Stock(Shop.Mugs(5), Shop.Teas(3));

    [Fact]
    public void What_leaves_is_gone_here_and_on_its_way_there()
    {
        var transfer = Transferred(Dispatch("transfer-1", new TransferLine("mug", 3)));

        transfer.ShouldSatisfyAllConditions(
            each => (each.Id, each.FromLocationId, each.ToLocationId, each.DispatchedAt).ShouldBe(("transfer-1", "berlin", "lyon", _ledger.Now)),
            each => each.Line("mug")!.InTransit.ShouldBe(3),
            each => each.ClosedAt.ShouldBeNull());
        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Available.ShouldBe(2), level => level.OnHand.ShouldBe(2));
        _ledger.Level(Shop.MugInLyon).ShouldSatisfyAllConditions(level => level.InTransit.ShouldBe(3), level => level.Available.ShouldBe(0), level => level.OnHand.ShouldBe(0));
        _ledger.Movements.TakeLast(2).Select(movement => (movement.Key, movement.From, movement.To, movement.DocumentRef)).ShouldBe(
        [
            (Shop.Mug, StockState.Available, StockState.OtherLocation, "transfer-1"),
            (Shop.MugInLyon, StockState.OtherLocation, StockState.InTransit, "transfer-1"),
        ]);
        LedgerInvariants.Check(_ledger);
    }

    [Fact]
    public void What_is_not_available_cannot_leave()
    {
        _ledger.Reserve(Shop.Mugs(4));

        var decision = Dispatch("transfer-1", new TransferLine("tea", 1), new TransferLine("mug", 2));

        Refusal<Refusal.InsufficientStock>(decision).Shortages.ShouldBe([new Shortage(Shop.Mug, 2, 1)]);
        decision.Movements.ShouldBeEmpty();
        decision.Transfers.ShouldBeEmpty();
    }

    [Fact]
    public void A_name_is_used_once()
    {
        Dispatch("transfer-1", new TransferLine("mug", 1));
        Receive("transfer-1", "lyon", new ArrivedLine("mug", 1, 0));

        Refusal<Refusal.TransferAlreadyDispatched>(Dispatch("transfer-1", new TransferLine("mug", 1))).TransferId.ShouldBe("transfer-1");
    }

    [Fact]
    public void It_arrives_in_parts_and_some_of_it_is_lost()
    {
        Dispatch("transfer-1", new TransferLine("mug", 4), new TransferLine("tea", 2));

        Transferred(Receive("transfer-1", "lyon", new ArrivedLine("mug", 1, 0))).ClosedAt.ShouldBeNull();
        _ledger.Level(Shop.MugInLyon).ShouldSatisfyAllConditions(level => level.Available.ShouldBe(1), level => level.InTransit.ShouldBe(3));
        var transfer = Transferred(Receive("transfer-1", "lyon", new ArrivedLine("mug", 2, 1), new ArrivedLine("tea", 2, 0)));

        transfer.Line("mug").ShouldBe(new TransferLine("mug", 4, Received: 3, Lost: 1));
        transfer.ClosedAt.ShouldBe(_ledger.Now);
        _ledger.Level(Shop.MugInLyon).ShouldSatisfyAllConditions(level => level.Available.ShouldBe(3), level => level.InTransit.ShouldBe(0), level => level.OnHand.ShouldBe(3));
        _ledger.Level(TeaInLyon).Available.ShouldBe(2);
        LedgerInvariants.Check(_ledger);
    }

    [Fact]
    public void What_arrives_covers_what_is_owed_first()
    {
        _ledger.Run(new StockCommand.Adjust("till-7", AdjustmentReason.Sale, [new StockLine(Shop.MugInLyon, -2)]));
        Dispatch("transfer-1", new TransferLine("mug", 3));

        Receive("transfer-1", "lyon", new ArrivedLine("mug", 3, 0));

        _ledger.Level(Shop.MugInLyon).ShouldSatisfyAllConditions(level => level.Shortfall.ShouldBe(0), level => level.Available.ShouldBe(1), level => level.OnHand.ShouldBe(1));
    }

    [Fact]
    public void More_than_is_on_its_way_with_that_transfer_does_not_arrive()
    {
        Dispatch("transfer-1", new TransferLine("mug", 2));
        Dispatch("transfer-2", new TransferLine("mug", 2), new TransferLine("tea", 1));

        var decision = Receive("transfer-1", "lyon", new ArrivedLine("mug", 2, 1), new ArrivedLine("tea", 1, 0));

        Refusal<Refusal.QuantityExceedsTransfer>(decision).Lines.ShouldBe([new Shortage(Shop.MugInLyon, 3, 2), new Shortage(TeaInLyon, 1, 0)]);
        decision.Movements.ShouldBeEmpty();
        Refusal<Refusal.QuantityExceedsTransfer>(Receive("transfer-1", "berlin", new ArrivedLine("mug", 1, 0))).Lines
            .ShouldBe([new Shortage(Shop.Mug, 1, 0)], "it goes to Lyon");
    }

    [Fact]
    public void Unknown_transfers_and_locations_are_invalid()
    {
        Receive("transfer-9", "lyon", new ArrivedLine("mug", 1, 0)).Outcome.ShouldBe(new StockOutcome.Invalid(new InvalidReference.UnknownTransfer("transfer-9")));
        Receive("transfer-9", "atlantis", new ArrivedLine("mug", 1, 0)).Outcome.ShouldBeOfType<StockOutcome.Invalid>()
            .Reference.ShouldBeOfType<InvalidReference.UnknownLocations>().LocationIds.ShouldBe(["atlantis"]);
        _ledger.Run(new StockCommand.DispatchTransfer("transfer-1", "berlin", "atlantis", [new TransferLine("mug", 1)])).Outcome.ShouldBeOfType<StockOutcome.Invalid>()
            .Reference.ShouldBeOfType<InvalidReference.UnknownLocations>().LocationIds.ShouldBe(["atlantis"]);
    }

    [Fact]
    public void No_destination_gets_more_than_the_largest_exact_number()
    {
        _ledger.Stock(new StockLine(Shop.MugInLyon, StockDecisions.MaximumUnits));

        Refusal<Refusal.LevelOutOfRange>(Dispatch("transfer-1", new TransferLine("mug", 1))).Keys.ShouldBe([Shop.MugInLyon]);
    }

    private Decision Dispatch(string id, params ImmutableArray<TransferLine> lines) => _ledger.Run(new StockCommand.DispatchTransfer(id, "berlin", "lyon", lines));

    private Decision Receive(string id, string location, params ImmutableArray<ArrivedLine> lines) => _ledger.Run(new StockCommand.ReceiveTransfer(id, location, lines));

    private static Transfer Transferred(Decision decision) =>
        decision.Outcome.ShouldBeOfType<StockOutcome.Applied>().Transfer ?? throw new InvalidOperationException("Not about a transfer.");

    private static T Refusal<T>(Decision decision)
        where T : Refusal => decision.Outcome.ShouldBeOfType<StockOutcome.Refused>().Refusal.ShouldBeOfType<T>();
}
