using Shouldly;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>What the amounts of events say: whether parts are the whole, and whether it is the payment's money at all.</summary>
public sealed class AmountTests
{
    private readonly LedgerModel _ledger = new();

    public AmountTests() => _ledger.Stock(Shop.Mugs(10), Shop.Teas(10));

    [Fact]
    public void A_separate_capture_of_all_that_was_authorized_commits_the_whole_order()
    {
        _ledger.Reserve(Shop.Mugs(2));
        Resolve(Shop.Authorized().Over(100));

        Resolve(Shop.PartlyCaptured("capture-a", 5).Over(100)).ShouldBe((ResolutionKind.Action, ResolutionReason.Committed));

        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
    }

    [Fact]
    public void Captures_that_add_up_to_all_that_was_authorized_commit_the_whole_order()
    {
        _ledger.Reserve(Shop.Mugs(2));
        Resolve(Shop.Authorized().Over(100));
        Resolve(Shop.PartlyCaptured("capture-a", 5).Over(60)).ShouldBe((ResolutionKind.Held, ResolutionReason.PartialCaptureWithoutLines));
        _ledger.Level(Shop.Mug).Committed.ShouldBe(0);

        Resolve(Shop.PartlyCaptured("capture-b", 6).Over(40)).ShouldBe((ResolutionKind.Action, ResolutionReason.Committed));

        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
        _ledger.Resolutions.Values.ShouldAllBe(each => each.Kind != ResolutionKind.Held);
    }

    [Fact]
    public void The_same_capture_twice_does_not_add_up()
    {
        _ledger.Reserve(Shop.Mugs(2));
        Resolve(Shop.Authorized().Over(100));
        var part = Shop.PartlyCaptured("capture-a", 5).Over(60);
        Resolve(part);

        Resolve(part.Again(6)).ShouldBe((ResolutionKind.NoOp, ResolutionReason.SameFact));

        _ledger.Level(Shop.Mug).Committed.ShouldBe(0);
    }

    [Fact]
    public void What_is_left_of_an_authorization_is_not_taken_for_the_whole()
    {
        _ledger.Reserve(Shop.Mugs(2));
        Resolve(Shop.Authorized(2).Over(40) with { FullAmount = false });

        Resolve(Shop.PartlyCaptured("capture-a", 5).Over(40)).ShouldBe((ResolutionKind.Held, ResolutionReason.PartialCaptureWithoutLines));
    }

    [Fact]
    public void A_capture_in_another_currency_than_the_authorization_is_held_and_moves_nothing()
    {
        Resolve(Shop.Authorized().For(Shop.Mugs(2)).Over(100));
        var journal = _ledger.Movements.Count;

        Resolve(Shop.Captured(5).For(Shop.Mugs(9)).Over(100, "USD")).ShouldBe((ResolutionKind.Held, ResolutionReason.CurrencyMismatch));

        _ledger.Movements.Count.ShouldBe(journal);
        _ledger.Level(Shop.Mug).Reserved.ShouldBe(2);
        Resolve(Shop.Captured(6).Over(100) with { ModificationRef = "capture-eur" }).ShouldBe((ResolutionKind.Action, ResolutionReason.Committed));
        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
    }

    [Fact]
    public void A_capture_that_came_before_the_authorization_which_shows_its_currency_wrong_is_undone()
    {
        var captured = Shop.Captured(5).For(Shop.Mugs(2)).Over(100, "USD");
        Resolve(captured).ShouldBe((ResolutionKind.Action, ResolutionReason.Committed));

        Resolve(Shop.Authorized().For(Shop.Mugs(2)).Over(100)).Kind.ShouldBe(ResolutionKind.Action);

        _ledger.Resolutions[captured.Id].Reason.ShouldBe(ResolutionReason.CurrencyMismatch);

        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Committed.ShouldBe(0), level => level.Reserved.ShouldBe(2));
    }

    [Fact]
    public void What_another_currency_had_taken_of_other_lines_is_not_the_orders_end()
    {
        var wrong = Shop.Captured(5).For(Shop.Teas(1)).Over(100, "USD") with { ModificationRef = "capture-usd" };
        Resolve(wrong).ShouldBe((ResolutionKind.Action, ResolutionReason.Committed));

        // The first capture by its time shows the payment's currency: the other one's units go back, and nobody has released anything.
        Resolve(Shop.Captured(3).For(Shop.Mugs(2)).Over(100)).ShouldBe((ResolutionKind.Action, ResolutionReason.Committed));

        _ledger.Resolutions[wrong.Id].Reason.ShouldBe(ResolutionReason.CurrencyMismatch);
        (_ledger.Level(Shop.Mug).Committed, _ledger.Level(Shop.Tea).Committed, _ledger.Level(Shop.Tea).Reserved).ShouldBe((2, 0, 0));
    }

    [Fact]
    public void A_dispute_and_a_payout_can_be_in_the_currency_of_the_merchants_bank()
    {
        Resolve(Shop.Captured().For(Shop.Mugs(2)).Over(100));

        Resolve(Shop.Settled(60).Over(110, "USD")).ShouldBe((ResolutionKind.NoOp, ResolutionReason.ReportingOnly));
        Resolve(Shop.Event(PaymentEventType.ChargebackOpened, 90).Over(110, "USD")).ShouldBe((ResolutionKind.Held, ResolutionReason.MatrixReview));
    }

    [Fact]
    public void Refunds_that_add_up_to_all_that_was_captured_are_reviewed()
    {
        Resolve(Shop.Captured().For(Shop.Mugs(2)).Over(100));
        Resolve(Refund("refund-a", 60)).ShouldBe((ResolutionKind.NoOp, ResolutionReason.ReportingOnly));

        Resolve(Refund("refund-b", 40)).ShouldBe((ResolutionKind.Held, ResolutionReason.RefundReview));

        // One that fails in the end mends it.
        _ledger.Apply(Shop.Event(PaymentEventType.RefundFailed, 90) with { ModificationRef = "refund-a" });
        _ledger.Resolutions[Refund("refund-b", 40).Id].Kind.ShouldBe(ResolutionKind.NoOp);
    }

    [Fact]
    public void Lines_of_the_whole_order_repeated_with_each_part_are_counted_once()
    {
        Resolve(Shop.Authorized().For(Shop.Mugs(2), Shop.Teas(1)).Over(100));
        Resolve(Shop.PartlyCaptured("capture-a", 5, Shop.Mugs(2), Shop.Teas(1)).Over(60)).ShouldBe((ResolutionKind.Action, ResolutionReason.Committed));

        Resolve(Shop.PartlyCaptured("capture-b", 6, Shop.Mugs(2), Shop.Teas(1)).Over(40)).ShouldBe((ResolutionKind.NoOp, ResolutionReason.AlreadyThere));

        _ledger.Level(Shop.Mug).Committed.ShouldBe(2);
        _ledger.Resolutions.Values.ShouldAllBe(each => each.Kind != ResolutionKind.Held);
    }

    private (ResolutionKind Kind, string Reason) Resolve(PaymentEvent paymentEvent)
    {
        var resolution = _ledger.Apply(paymentEvent);
        return (resolution.Kind, resolution.Reason);
    }

    private static PaymentEvent Refund(string modification, long minorUnits) =>
        (Shop.Refunded(60) with { Id = new PaymentEventId("stripe", "account-1", modification), FullAmount = false, ModificationRef = modification }).Over(minorUnits);
}
