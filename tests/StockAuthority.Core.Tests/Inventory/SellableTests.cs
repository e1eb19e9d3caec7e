using System.Collections.Immutable;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Inventory;

/// <summary>A location that is not sellable makes no promises; what is a fact, or was promised before, goes on there.</summary>
public sealed class SellableTests
{
    private readonly LedgerModel _ledger = new();

    public SellableTests() => _ledger.Stock(Shop.Mugs(5), new StockLine(Shop.MugInLyon, 5));

    [Fact]
    public void Nothing_is_reserved_where_nothing_is_sold_and_the_lines_are_named()
    {
        _ledger.NotSellable.Add(Shop.Mug.LocationId);

        NotSellable(_ledger.Run(Shop.Reserve(new StockLine(Shop.MugInLyon, 1), Shop.Mugs(1), Shop.Teas(1)))).ShouldBe([Shop.Mug, Shop.Tea]);
        _ledger.Level(Shop.MugInLyon).Reserved.ShouldBe(0);
        _ledger.Reserve(new StockLine(Shop.MugInLyon, 1)).State.ShouldBe(ReservationState.Active);
    }

    [Fact]
    public void What_was_promised_before_is_committed_fulfilled_and_comes_back()
    {
        var reservation = _ledger.Reserve(Shop.Mugs(3));
        _ledger.NotSellable.Add(Shop.Mug.LocationId);

        _ledger.Run(new StockCommand.Release(reservation.Number, [Shop.Mugs(1)])).Outcome.ShouldBeOfType<StockOutcome.Applied>();
        _ledger.Run(new StockCommand.Commit(reservation.Number, [Shop.Mugs(2)])).Outcome.ShouldBeOfType<StockOutcome.Applied>();
        _ledger.Run(new StockCommand.Fulfill(reservation.Number, [Shop.Mugs(2)])).Outcome.ShouldBeOfType<StockOutcome.Applied>();
        _ledger.Run(new StockCommand.ReceiveReturn(Shop.Order, "return-1", [Shop.Mugs(1)], reservation.Number)).Outcome.ShouldBeOfType<StockOutcome.Applied>();
        _ledger.Run(new StockCommand.InspectReturn("return-1", null, [new InspectedLine(Shop.Mug, 1, ReturnDisposition.Available)]))
            .Outcome.ShouldBeOfType<StockOutcome.Applied>();
        _ledger.Run(new StockCommand.Adjust("receipt", AdjustmentReason.Sale, [Shop.Mugs(-1)])).Outcome.ShouldBeOfType<StockOutcome.Applied>();
        _ledger.Run(new StockCommand.DispatchTransfer("t-1", Shop.Mug.LocationId, Shop.MugInLyon.LocationId, [new TransferLine("mug", 1)]))
            .Outcome.ShouldBeOfType<StockOutcome.Applied>();
        _ledger.Run(new StockCommand.SetLevels("count", [new CountedLine(Shop.Mug, 7, _ledger.Level(Shop.Mug).Version)]))
            .Outcome.ShouldBeOfType<StockOutcome.Applied>();
    }

    [Fact]
    public void What_has_expired_is_not_promised_again()
    {
        var reservation = _ledger.Reserve(Shop.Mugs(3));
        _ledger.Advance(Shop.TimeToLive);
        _ledger.Run(new StockCommand.Expire(reservation.Number));
        _ledger.NotSellable.Add(Shop.Mug.LocationId);

        NotSellable(_ledger.Run(new StockCommand.Commit(reservation.Number, [Shop.Mugs(3)]))).ShouldBe([Shop.Mug]);

        _ledger.NotSellable.Clear();
        _ledger.Run(new StockCommand.Commit(reservation.Number, [Shop.Mugs(3)])).Outcome.ShouldBeOfType<StockOutcome.Applied>();
    }

    [Theory]
    [InlineData(PaymentEventType.AuthCreated)]
    [InlineData(PaymentEventType.CaptureSucceeded)]
    public void A_payment_event_that_would_reserve_there_is_held(PaymentEventType type)
    {
        _ledger.NotSellable.Add(Shop.Mug.LocationId);

        var resolution = _ledger.Apply(Shop.Event(type).For(Shop.Mugs(1)));

        (resolution.Kind, resolution.Reason).ShouldBe((ResolutionKind.Held, ResolutionReason.LocationNotSellable));
        _ledger.Level(Shop.Mug).Available.ShouldBe(5);
    }

    [Fact]
    public void A_capture_commits_what_was_reserved_before()
    {
        _ledger.Apply(Shop.Authorized().For(Shop.Mugs(1)));
        _ledger.NotSellable.Add(Shop.Mug.LocationId);

        _ledger.Apply(Shop.Captured(1)).Kind.ShouldBe(ResolutionKind.Action);
        _ledger.Level(Shop.Mug).Committed.ShouldBe(1);
    }

    private static ImmutableArray<StockKey> NotSellable(Decision decision) =>
        decision.Outcome.ShouldBeOfType<StockOutcome.Refused>().Refusal.ShouldBeOfType<Refusal.LocationNotSellable>().Keys;
}
