using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>An order whose lines fall under different matrices: each line follows its own, the event has one resolution.</summary>
public sealed class MixedOrderTests
{
    private readonly LedgerModel _ledger = new(Matrices.Mixed);

    public MixedOrderTests() => _ledger.Stock(Shop.Mugs(5), Shop.Teas(3));

    [Fact]
    public void The_event_that_does_two_things_has_the_stronger_as_its_resolution_and_all_movements()
    {
        var decision = _ledger.Run(new StockCommand.ApplyPaymentEvent(Shop.Captured().For(Shop.Mugs(2), Shop.Teas(1))));

        var resolution = decision.EventResolutions.Single();
        (resolution.Kind, resolution.Reason, resolution.Moves).ShouldBe((ResolutionKind.Action, ResolutionReason.Committed, true));
        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
        _ledger.Level(Shop.Tea).Reserved.ShouldBe(1);
    }

    [Fact]
    public void What_one_event_takes_is_one_reservation_which_a_later_checkout_takes_over()
    {
        var ledger = new LedgerModel(Matrices.MixedRefunds);
        ledger.Stock(Shop.Mugs(5), Shop.Teas(3));
        ledger.Apply(Shop.Authorized().For(Shop.Mugs(2), Shop.Teas(1)));

        var reservation = ledger.Reserve(Shop.Mugs(2), Shop.Teas(1));

        ledger.Reservations.ShouldBe([reservation]);
        reservation.Origin.ShouldBe(ReservationOrigin.Checkout);
        ledger.Level(Shop.Mug).Reserved.ShouldBe(2);
    }

    [Fact]
    public void What_is_not_there_of_one_class_is_held_and_the_other_class_is_served()
    {
        var resolution = _ledger.Apply(Shop.Captured().For(Shop.Mugs(6), Shop.Teas(1)));

        (resolution.Kind, resolution.Reason, resolution.Moves).ShouldBe((ResolutionKind.Held, ResolutionReason.PaidNotAvailable, true));
        _ledger.Level(Shop.Tea).Reserved.ShouldBe(1);
    }

    [Fact]
    public void A_refund_that_releases_one_class_and_is_for_people_in_the_other_is_held_with_its_movements()
    {
        var ledger = new LedgerModel(Matrices.MixedRefunds);
        ledger.Stock(Shop.Mugs(5), Shop.Teas(3));
        ledger.Apply(Shop.Captured().For(Shop.Mugs(2), Shop.Teas(1)));

        var resolution = ledger.Apply(Shop.Refunded(9));

        (resolution.Kind, resolution.Reason, resolution.Moves).ShouldBe((ResolutionKind.Held, ResolutionReason.RefundReview, true));
        ledger.Level(Shop.Mug).Available.ShouldBe(5);
        ledger.Level(Shop.Tea).Committed.ShouldBe(1);
    }

    [Fact]
    public void An_event_is_for_the_record_only_where_no_line_of_its_order_asks_for_anything()
    {
        var resolution = _ledger.Apply(Shop.Authorized().For(Shop.Teas(1)));

        (resolution.Kind, resolution.Reason).ShouldBe((ResolutionKind.NoOp, ResolutionReason.ReportingOnly));
        _ledger.Level(Shop.Tea).Available.ShouldBe(3);
    }

    [Fact]
    public void While_its_lines_are_not_known_an_event_waits_if_any_class_could_ask_for_something()
    {
        // Settlement moves nothing by default, and commits teas.
        var settled = Shop.Settled(60);
        _ledger.Apply(settled).Reason.ShouldBe(ResolutionReason.MissingContext);

        _ledger.Apply(Shop.Captured().For(Shop.Teas(1)));

        _ledger.Level(Shop.Tea).Committed.ShouldBe(1);
        _ledger.Resolutions[settled.Id].Kind.ShouldNotBe(ResolutionKind.Held);
    }

    [Fact]
    public void A_capture_that_failed_in_the_end_is_undone_in_each_class_as_its_matrix_says()
    {
        var ledger = new LedgerModel(Matrices.FailedCapturesAndChargebacksDiffer);
        ledger.Stock(Shop.Mugs(5), Shop.Teas(3));
        ledger.Apply(Shop.Authorized().For(Shop.Mugs(2), Shop.Teas(1)));
        ledger.Apply(Shop.Captured(3));

        var resolution = ledger.Apply(Shop.Event(PaymentEventType.CaptureFailed, 6) with { ModificationRef = Shop.Captured().ModificationRef });

        // For mugs a failed capture ends the authorization too.
        (resolution.Kind, resolution.Reason).ShouldBe((ResolutionKind.Held, ResolutionReason.CaptureReversed));
        ledger.Level(Shop.Mug).Available.ShouldBe(5);
        (ledger.Level(Shop.Tea).Committed, ledger.Level(Shop.Tea).Reserved).ShouldBe((0, 1));
    }

    [Fact]
    public void An_event_for_the_record_is_for_people_once_a_line_turns_up_whose_matrix_wants_that()
    {
        var ledger = new LedgerModel(Matrices.FailedCapturesAndChargebacksDiffer);
        ledger.Stock(Shop.Mugs(5), Shop.Teas(3));
        var chargeback = Shop.Event(PaymentEventType.ChargebackOpened, 30);
        ledger.Apply(Shop.PartlyCaptured("capture-a", 3, Shop.Mugs(1)));
        ledger.Apply(chargeback).Reason.ShouldBe(ResolutionReason.ReportingOnly);

        ledger.Apply(Shop.PartlyCaptured("capture-b", 4, Shop.Teas(1)));

        ledger.Resolutions[chargeback.Id].Reason.ShouldBe(ResolutionReason.MatrixReview);
    }

    [Fact]
    public void And_one_that_is_for_people_while_no_lines_are_known_is_for_the_record_once_no_line_wants_that()
    {
        var ledger = new LedgerModel(Matrices.FailedCapturesAndChargebacksDiffer);
        ledger.Stock(Shop.Mugs(5), Shop.Teas(3));
        var chargeback = Shop.Event(PaymentEventType.ChargebackOpened, 30);
        ledger.Apply(chargeback).Reason.ShouldBe(ResolutionReason.MatrixReview);

        ledger.Apply(Shop.Captured(3).For(Shop.Mugs(1)));

        ledger.Resolutions[chargeback.Id].Reason.ShouldBe(ResolutionReason.ReportingOnly);
    }

    [Fact]
    public void What_was_given_up_of_one_class_does_not_end_the_order_of_the_other()
    {
        _ledger.Apply(Shop.Authorized().For(Shop.Mugs(2), Shop.Teas(1)));
        _ledger.Run(new StockCommand.Release(_ledger.Reservations.Single().Number, [Shop.Mugs(2)]));

        _ledger.Apply(Shop.Settled(60)).Reason.ShouldBe(ResolutionReason.Committed);

        _ledger.Level(Shop.Tea).Committed.ShouldBe(1);
        _ledger.Level(Shop.Mug).Available.ShouldBe(5);
    }

    [Fact]
    public void What_an_event_took_that_does_not_count_any_more_goes_back_in_each_class()
    {
        // Dollars, until an authorization says that the payment is in euros: of what the order is for, nothing is known then.
        _ledger.Apply(Shop.Captured(3).For(Shop.Mugs(2), Shop.Teas(1)).Over(100, "USD"));
        (_ledger.Level(Shop.Mug).Committed, _ledger.Level(Shop.Tea).Reserved).ShouldBe((2, 1));

        _ledger.Apply(Shop.Authorized().Over(100));

        (_ledger.Level(Shop.Mug).Available, _ledger.Level(Shop.Tea).Available).ShouldBe((5, 3));
    }

    [Fact]
    public void What_both_classes_lack_is_one_exception()
    {
        var ledger = new LedgerModel(Matrices.MixedRefunds);
        var authorized = Shop.Authorized().For(Shop.Mugs(2), Shop.Teas(1));
        ledger.Apply(authorized).Reason.ShouldBe(ResolutionReason.AuthorizedNotAvailable);
        ledger.Apply(Shop.Captured(3)).Reason.ShouldBe(ResolutionReason.PaidNotAvailable);

        ledger.Resolutions[authorized.Id].Kind.ShouldBe(ResolutionKind.NoOp);
    }

    [Fact]
    public void Another_tenants_override_does_not_count()
    {
        var ledger = new LedgerModel(Matrices.Of(
            Matrices.Rows, [], new MatrixOverride("others", ["tenant-2"], [], [Matrices.Row("auth-created", InventoryAction.None)], Matrices.Windows())));
        ledger.Stock(Shop.Mugs(5));

        ledger.Apply(Shop.Authorized().For(Shop.Mugs(2))).Reason.ShouldBe(ResolutionReason.Reserved);
    }

    [Fact]
    public void Its_own_does()
    {
        var ledger = new LedgerModel(Matrices.Of(
            Matrices.Rows, [], new MatrixOverride("ours", [LedgerModel.TenantId], [], [Matrices.Row("auth-created", InventoryAction.None)], Matrices.Windows())));
        ledger.Stock(Shop.Mugs(5));

        ledger.Apply(Shop.Authorized().For(Shop.Mugs(2))).Reason.ShouldBe(ResolutionReason.ReportingOnly);
    }
}
