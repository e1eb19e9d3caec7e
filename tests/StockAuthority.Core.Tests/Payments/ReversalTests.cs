using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>A capture that is lost again undoes the commitment, and people investigate.</summary>
public sealed class ReversalTests
{
    private static readonly PaymentEvent Captured = Shop.Captured(5) with { ModificationRef = "capture-a" };
    private static readonly PaymentEvent Failed = Shop.Event(PaymentEventType.CaptureFailed, 60) with { ModificationRef = "capture-a" };

    private readonly LedgerModel _ledger = New(InventoryAction.Review);

    [Fact]
    public void A_reversed_capture_undoes_the_commitment_and_is_investigated_while_the_authorization_still_holds_the_units()
    {
        _ledger.Apply(Shop.Authorized().For(Shop.Mugs(2)));
        _ledger.Apply(Captured);

        var resolution = _ledger.Apply(Failed);

        (resolution.Kind, resolution.Reason, resolution.Moves).ShouldBe((ResolutionKind.Held, ResolutionReason.CaptureReversed, true));
        resolution.Before.ShouldBe(new OrderState(Standing.Committing, Reserved: 0, Committed: 2, Fulfilled: 0));
        resolution.After.ShouldBe(new OrderState(Standing.Holding, Reserved: 2, Committed: 0, Fulfilled: 0));
        _ledger.Level(Shop.Mug).Available.ShouldBe(3);
    }

    [Fact]
    public void Where_the_matrix_releases_on_a_failed_capture_the_units_are_for_sale_again()
    {
        var ledger = New(InventoryAction.Release);
        ledger.Apply(Shop.Authorized().For(Shop.Mugs(2)));
        ledger.Apply(Captured);

        ledger.Apply(Failed).Reason.ShouldBe(ResolutionReason.CaptureReversed);

        ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Available.ShouldBe(5), level => level.Committed.ShouldBe(0));
    }

    [Fact]
    public void Where_the_matrix_releases_on_a_failed_capture_one_that_never_was_taken_releases_too()
    {
        var ledger = New(InventoryAction.Release);
        ledger.Apply(Shop.Authorized().For(Shop.Mugs(2)));

        var resolution = ledger.Apply(Failed);

        (resolution.Kind, resolution.Reason).ShouldBe((ResolutionKind.Action, ResolutionReason.Released));
        ledger.Level(Shop.Mug).Available.ShouldBe(5);
    }

    [Fact]
    public void A_recapture_commits_again_and_closes_the_investigation()
    {
        _ledger.Apply(Shop.Authorized().For(Shop.Mugs(2)));
        _ledger.Apply(Captured);
        _ledger.Apply(Failed);

        _ledger.Apply(Captured.Again(90)).Reason.ShouldBe(ResolutionReason.Committed);

        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
        (_ledger.Resolutions[Failed.Id].Kind, _ledger.Resolutions[Failed.Id].Reason).ShouldBe((ResolutionKind.NoOp, ResolutionReason.Stale));
    }

    [Fact]
    public void A_reversal_after_the_goods_were_handed_over_is_investigated_and_moves_nothing()
    {
        var reservation = _ledger.Reserve(Shop.Mugs(2));
        _ledger.Apply(Captured);
        _ledger.Run(new StockCommand.Fulfill(reservation.Number, [Shop.Mugs(2)]));
        var journal = _ledger.Movements.Count;

        _ledger.Apply(Failed).Reason.ShouldBe(ResolutionReason.ReversedAfterFulfilment);

        _ledger.Movements.Count.ShouldBe(journal);
    }

    [Fact]
    public void What_checkout_commits_after_the_reversal_is_not_undone_by_what_is_reported_later()
    {
        var reservation = _ledger.Reserve(Shop.Mugs(2));
        _ledger.Apply(Shop.Authorized());
        _ledger.Apply(Captured);
        _ledger.Apply(Failed);
        _ledger.Run(new StockCommand.Commit(reservation.Number, [Shop.Mugs(2)]));

        _ledger.Apply(Shop.Event(PaymentEventType.ChargebackOpened, 90));
        _ledger.Apply(Failed.Again(60));

        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
    }

    [Fact]
    public void Another_payment_of_the_order_keeps_what_it_has_paid_for()
    {
        _ledger.Apply(Captured.For(Shop.Mugs(2)));
        _ledger.Apply(Shop.Captured(6).For(Shop.Mugs(2)).Of("payment-2"));

        _ledger.Apply(Failed).Reason.ShouldBe(ResolutionReason.CaptureReversed);

        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
    }

    [Fact]
    public void An_event_that_waits_for_a_location_is_decided_once_there_is_one()
    {
        var elsewhere = Captured.For(new StockLine(Shop.MugInLyon, 1));
        _ledger.NotSellable.Add("lyon");
        _ledger.Stock(new StockLine(Shop.MugInLyon, 1));
        _ledger.Apply(elsewhere).Reason.ShouldBe(ResolutionReason.LocationNotSellable);
        _ledger.Run(new StockCommand.Reconsider(Shop.Order)).Outcome.ShouldBe(new StockOutcome.Swept(Expired: false));

        _ledger.NotSellable.Clear();
        _ledger.Run(new StockCommand.Reconsider(Shop.Order)).EventResolutions.ShouldHaveSingleItem().Moves.ShouldBeTrue();

        _ledger.Resolutions[elsewhere.Id].Reason.ShouldBe(ResolutionReason.Committed);
        _ledger.Level(Shop.MugInLyon).Committed.ShouldBe(1);
    }

    private static LedgerModel New(InventoryAction failedCapture)
    {
        var ledger = new LedgerModel(Matrices.With(("capture-failed", failedCapture)));
        ledger.Stock(Shop.Mugs(5));
        return ledger;
    }
}
