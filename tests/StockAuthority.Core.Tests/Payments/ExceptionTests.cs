using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>What cannot be made right is held for people, never silent.</summary>
public sealed class ExceptionTests
{
    private readonly LedgerModel _ledger = new();

    public ExceptionTests() => _ledger.Stock(Shop.Mugs(5), Shop.Teas(3));

    [Fact]
    public void Paid_but_not_available_is_held_until_there_are_units()
    {
        var captured = Shop.Captured().For(Shop.Mugs(6));
        Resolve(captured).ShouldBe((ResolutionKind.Held, ResolutionReason.PaidNotAvailable));
        _ledger.Level(Shop.Mug).Available.ShouldBe(5);

        _ledger.Stock(Shop.Mugs(1));
        _ledger.Apply(Shop.Settled(60));

        _ledger.Resolutions[captured.Id].Reason.ShouldBe(ResolutionReason.Committed);
        _ledger.Level(Shop.Mug).Committed.ShouldBe(6);
    }

    [Fact]
    public void What_one_payment_cannot_have_does_not_keep_another_from_holding_its_part()
    {
        Resolve(Shop.Captured().Of("payment-2").For(Shop.Mugs(6))).ShouldBe((ResolutionKind.Held, ResolutionReason.PaidNotAvailable));

        Resolve(Shop.Authorized().For(Shop.Teas(1))).ShouldBe((ResolutionKind.Action, ResolutionReason.Reserved));

        _ledger.Level(Shop.Tea).Reserved.ShouldBe(1);
        _ledger.Resolutions[Shop.Captured().Of("payment-2").Id].Reason.ShouldBe(ResolutionReason.PaidNotAvailable);
    }

    [Fact]
    public void Authorized_but_not_available_is_held_and_over_when_the_payment_is()
    {
        var authorized = Shop.Authorized().For(Shop.Mugs(6));
        Resolve(authorized).ShouldBe((ResolutionKind.Held, ResolutionReason.AuthorizedNotAvailable));

        _ledger.Apply(Shop.Voided(5));

        _ledger.Resolutions[authorized.Id].Kind.ShouldBe(ResolutionKind.NoOp);
    }

    [Fact]
    public void A_location_that_does_not_exist_is_held() =>
        Resolve(Shop.Captured().For(new StockLine(Shop.Nowhere, 1))).ShouldBe((ResolutionKind.Held, ResolutionReason.UnknownLocation));

    [Fact]
    public void Paid_after_release_is_held_and_takes_nothing()
    {
        var reservation = _ledger.Reserve(Shop.Mugs(2));
        _ledger.Run(new StockCommand.Release(reservation.Number, [Shop.Mugs(2)]));

        Resolve(Shop.Authorized()).ShouldBe((ResolutionKind.NoOp, ResolutionReason.OrderReleased));
        Resolve(Shop.Captured(5)).ShouldBe((ResolutionKind.Held, ResolutionReason.PaidAfterRelease));

        _ledger.Level(Shop.Mug).Available.ShouldBe(5);
    }

    [Fact]
    public void Paid_for_more_than_was_left_after_a_partial_release_commits_the_rest_and_is_held()
    {
        var reservation = _ledger.Reserve(Shop.Mugs(3));
        _ledger.Run(new StockCommand.Release(reservation.Number, [Shop.Mugs(1)]));

        Resolve(Shop.Captured().For(Shop.Mugs(3))).ShouldBe((ResolutionKind.Held, ResolutionReason.PaidAfterRelease));

        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
    }

    [Fact]
    public void What_a_payment_took_again_after_an_expiry_and_was_released_is_not_taken_a_third_time()
    {
        var expired = _ledger.Reserve(Shop.Mugs(2));
        Expire(expired);
        _ledger.Apply(Shop.Captured(70));
        var again = _ledger.Reservations.Last();
        _ledger.Run(new StockCommand.Release(again.Number, [Shop.Mugs(2)]));

        _ledger.Apply(Shop.Captured(71).Again(71));
        _ledger.Apply(Shop.Refunded(80));

        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Available.ShouldBe(5), level => level.Committed.ShouldBe(0));
    }

    [Fact]
    public void A_capture_after_the_expiry_takes_the_units_again()
    {
        Expire(_ledger.Reserve(Shop.Mugs(2)));

        Resolve(Shop.Captured(70)).ShouldBe((ResolutionKind.Action, ResolutionReason.Committed));

        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
    }

    [Fact]
    public void A_capture_after_the_expiry_when_the_units_are_gone_is_held()
    {
        Expire(_ledger.Reserve(Shop.Mugs(5)));
        _ledger.Run(Shop.Reserve(Shop.Mugs(1)) with { OrderRef = "order-2" });

        Resolve(Shop.Captured(70)).ShouldBe((ResolutionKind.Held, ResolutionReason.PaidNotAvailable));
    }

    [Fact]
    public void An_authorization_from_before_the_expiry_does_not_undo_it_and_one_from_after_it_does()
    {
        Expire(_ledger.Reserve(Shop.Mugs(2)));

        Resolve(Shop.Authorized(0)).ShouldBe((ResolutionKind.NoOp, ResolutionReason.ReservationExpired));
        Resolve(Shop.Authorized(61).Of("payment-2")).ShouldBe((ResolutionKind.Action, ResolutionReason.Reserved));
    }

    [Fact]
    public void The_expired_rest_of_a_partial_capture_stays_expired()
    {
        var reservation = _ledger.Reserve(Shop.Mugs(3));
        _ledger.Apply(Shop.Authorized(0));
        _ledger.Apply(Shop.PartlyCaptured("capture-a", 5, Shop.Mugs(1)));
        Expire(reservation);

        _ledger.Apply(Shop.Settled(90));
        _ledger.Apply(Shop.Authorized(0).Again(0));

        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Committed.ShouldBe(1), level => level.Reserved.ShouldBe(0));
    }

    [Fact]
    public void Ended_after_commit_is_held_and_keeps_the_units()
    {
        var reservation = _ledger.Reserve(Shop.Mugs(2));
        _ledger.Apply(Shop.Authorized());
        _ledger.Run(new StockCommand.Commit(reservation.Number, [Shop.Mugs(2)]));

        Resolve(Shop.Voided(5)).ShouldBe((ResolutionKind.Held, ResolutionReason.EndedAfterCommit));

        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
    }

    [Fact]
    public void Ended_after_commit_stays_held_when_the_goods_are_handed_over()
    {
        var reservation = _ledger.Reserve(Shop.Mugs(2));
        _ledger.Run(new StockCommand.Commit(reservation.Number, [Shop.Mugs(2)]));
        _ledger.Apply(Shop.Authorized());
        _ledger.Apply(Shop.Voided(5));
        _ledger.Run(new StockCommand.Fulfill(reservation.Number, [Shop.Mugs(2)]));

        _ledger.Apply(Shop.Event(PaymentEventType.ChargebackOpened, 90));

        _ledger.Resolutions[Shop.Voided(5).Id].Reason.ShouldBe(ResolutionReason.EndedAfterCommit);
    }

    [Fact]
    public void Ended_after_the_goods_were_handed_over_is_held()
    {
        var reservation = _ledger.Reserve(Shop.Mugs(2));
        _ledger.Run(new StockCommand.Commit(reservation.Number, [Shop.Mugs(2)]));
        _ledger.Run(new StockCommand.Fulfill(reservation.Number, [Shop.Mugs(2)]));

        Resolve(Shop.Voided()).ShouldBe((ResolutionKind.Held, ResolutionReason.EndedAfterCommit));
    }

    [Fact]
    public void Lines_that_the_order_never_had_are_held_and_only_its_own_are_committed()
    {
        _ledger.Reserve(Shop.Mugs(2));

        Resolve(Shop.Captured().For(Shop.Mugs(3), Shop.Teas(1))).ShouldBe((ResolutionKind.Held, ResolutionReason.LinesDiffer));

        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
        _ledger.Level(Shop.Tea).Available.ShouldBe(3);
    }

    [Fact]
    public void Lines_that_differ_are_held_even_when_the_capture_came_first()
    {
        _ledger.Reserve(Shop.Mugs(2));
        _ledger.Apply(Shop.Captured(5));

        Resolve(Shop.Authorized(0).For(Shop.Mugs(3))).ShouldBe((ResolutionKind.Held, ResolutionReason.LinesDiffer));
    }

    [Fact]
    public void Captured_parts_that_sum_up_to_more_than_the_order_are_held()
    {
        _ledger.Reserve(Shop.Mugs(2));
        _ledger.Apply(Shop.PartlyCaptured("capture-a", 1, Shop.Mugs(1)));

        Resolve(Shop.PartlyCaptured("capture-b", 2, Shop.Mugs(2))).ShouldBe((ResolutionKind.Held, ResolutionReason.LinesDiffer));

        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
    }

    [Fact]
    public void A_part_that_no_one_named_is_held_and_decided_when_all_was_captured()
    {
        _ledger.Reserve(Shop.Mugs(2));
        var part = Shop.PartlyCaptured("capture-a", 1);
        Resolve(part).ShouldBe((ResolutionKind.Held, ResolutionReason.PartialCaptureWithoutLines));
        _ledger.Level(Shop.Mug).Reserved.ShouldBe(2);

        Resolve(Shop.Captured(5)).ShouldBe((ResolutionKind.Action, ResolutionReason.Committed));

        _ledger.Resolutions[part.Id].Kind.ShouldBe(ResolutionKind.NoOp);
    }

    [Fact]
    public void A_full_refund_before_its_capture_waits_for_it_and_is_then_reviewed()
    {
        _ledger.Reserve(Shop.Mugs(2));
        _ledger.Apply(Shop.Refunded(9)).MissingFields.ShouldBe(["capture"]);

        _ledger.Apply(Shop.Captured(5));

        _ledger.Resolutions[Shop.Refunded(9).Id].Reason.ShouldBe(ResolutionReason.RefundReview);
    }

    [Fact]
    public void A_refund_that_only_tells_of_a_cancelled_authorization_waits_for_no_capture()
    {
        _ledger.Reserve(Shop.Mugs(2));
        _ledger.Apply(Shop.Authorized());
        _ledger.Apply(Shop.Refunded(9)).Kind.ShouldBe(ResolutionKind.Held);

        _ledger.Apply(Shop.Voided(8));

        var refund = _ledger.Resolutions[Shop.Refunded(9).Id];
        (refund.Kind, refund.Reason).ShouldBe((ResolutionKind.NoOp, ResolutionReason.ReportingOnly));
        _ledger.Level(Shop.Mug).Reserved.ShouldBe(0);
    }

    [Fact]
    public void A_full_refund_of_what_was_handed_over_is_for_the_record_only()
    {
        var reservation = _ledger.Reserve(Shop.Mugs(2));
        _ledger.Apply(Shop.Captured());
        _ledger.Run(new StockCommand.Fulfill(reservation.Number, [Shop.Mugs(2)]));

        Resolve(Shop.Refunded(9)).ShouldBe((ResolutionKind.NoOp, ResolutionReason.ReportingOnly));
    }

    [Fact]
    public void Where_refunds_release_what_was_handed_over_stays_gone()
    {
        var ledger = new LedgerModel(Matrices.With(("refund-posted", InventoryAction.Release)));
        ledger.Stock(Shop.Mugs(5));
        var reservation = ledger.Reserve(Shop.Mugs(3));
        ledger.Apply(Shop.Captured());
        ledger.Run(new StockCommand.Fulfill(reservation.Number, [Shop.Mugs(1)]));

        var resolution = ledger.Apply(Shop.Refunded(9));

        (resolution.Kind, resolution.Reason).ShouldBe((ResolutionKind.Action, ResolutionReason.Released));
        ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Available.ShouldBe(4), level => level.OnHand.ShouldBe(4));
    }

    [Fact]
    public void A_refund_that_is_late_does_not_take_a_new_attempt_from_its_checkout()
    {
        _ledger.Apply(Shop.Authorized());
        _ledger.Apply(Shop.Voided(5));
        _ledger.Reserve(Shop.Mugs(2));

        _ledger.Apply(Shop.Refunded(6));

        _ledger.Level(Shop.Mug).Reserved.ShouldBe(2);
    }

    private (ResolutionKind Kind, string Reason) Resolve(PaymentEvent paymentEvent)
    {
        var resolution = _ledger.Apply(paymentEvent);
        return (resolution.Kind, resolution.Reason);
    }

    private void Expire(Reservation reservation)
    {
        _ledger.Advance(Shop.TimeToLive);
        _ledger.Run(new StockCommand.Expire(reservation.Number)).Outcome.ShouldBe(new StockOutcome.Swept(Expired: true));
    }
}
