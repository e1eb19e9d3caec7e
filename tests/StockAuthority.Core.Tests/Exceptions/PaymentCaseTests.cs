using Shouldly;
using StockAuthority.Core.Exceptions;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Exceptions;

/// <summary>Which cases decisions open and close.</summary>
public sealed class PaymentCaseTests
{
    private readonly LedgerModel _ledger = new();

    public PaymentCaseTests() => _ledger.Stock(Shop.Mugs(5), Shop.Teas(3));

    [Fact]
    public void Of_all_that_an_order_goes_through_only_what_is_wrong_now_is_open()
    {
        _ledger.Apply(Shop.Captured(3) with { OrderRef = null });
        Kinds().ShouldBe([ExceptionKind.MissingContext]);

        _ledger.Apply(Shop.Authorized().For(Shop.Mugs(2)));
        Kinds().ShouldBeEmpty();

        _ledger.Apply(Shop.Event(PaymentEventType.CaptureFailed, 6) with { ModificationRef = Shop.Captured().ModificationRef });
        Kinds().ShouldBe([ExceptionKind.CaptureReversed]);

        _ledger.Apply(Shop.Captured(3).Again(8));
        Kinds().ShouldBeEmpty();
    }

    [Fact]
    public void A_duplicate_and_the_same_fact_raise_nothing_again()
    {
        var captured = Shop.Captured().For(Shop.Mugs(6));
        _ledger.Run(new StockCommand.ApplyPaymentEvent(captured)).Raised.Length.ShouldBe(1);

        _ledger.Run(new StockCommand.ApplyPaymentEvent(captured)).Raised.ShouldBeEmpty();
        _ledger.Run(new StockCommand.ApplyPaymentEvent(captured.Again(0))).Raised.ShouldBeEmpty();
        _ledger.Run(new StockCommand.Reconsider(Shop.Order)).Raised.ShouldBeEmpty();
    }

    [Fact]
    public void A_dispute_whose_end_is_told_first_is_not_open_after_its_opening()
    {
        var opened = Shop.Event(PaymentEventType.ChargebackOpened, 30) with { ModificationRef = "dispute-1" };
        var lost = Shop.Event(PaymentEventType.ChargebackLost, 60) with { ModificationRef = "dispute-1" };
        _ledger.Apply(Shop.Event(PaymentEventType.ChargebackWon, 50) with { ModificationRef = "dispute-1" });
        _ledger.Apply(opened);
        Kinds().ShouldBeEmpty();

        _ledger.Apply(lost);
        var open = _ledger.OpenCases.Values.ShouldHaveSingleItem();
        (open.Cause.Kind, open.Reason, open.DisputeId).ShouldBe((ExceptionKind.Chargeback, "CHARGEBACK_LOST", "dispute-1"));
    }

    [Fact]
    public void A_dispute_does_not_wait_for_its_order()
    {
        _ledger.Apply(Shop.Event(PaymentEventType.ChargebackOpened, 30) with { OrderRef = null });
        var open = _ledger.OpenCases.Values.ShouldHaveSingleItem();
        (open.Cause.Kind, string.Join(',', open.MissingFields)).ShouldBe((ExceptionKind.Chargeback, "order_ref,lines"));
    }

    [Fact]
    public void Two_payments_of_one_order_that_lack_the_same_units_are_one_case()
    {
        _ledger.Apply(Shop.Captured().For(Shop.Mugs(6)));
        _ledger.Apply(Shop.Captured(2).Of("payment-2").For(Shop.Mugs(6)));
        Kinds().ShouldBe([ExceptionKind.PaidNotAvailable]);
    }

    [Fact]
    public void The_owner_is_that_of_the_row() =>
        _ledger.Run(new StockCommand.ApplyPaymentEvent(Shop.Captured().For(Shop.Mugs(6)))).Raised.Single()
            .ShouldSatisfyAllConditions(raised => raised.OwnerLane.ShouldBe("payments-operations"), raised => raised.Path.ShouldBe("payments-exceptions"));

    [Fact]
    public void Debts_open_one_case_for_each_level_until_they_are_covered()
    {
        var reservation = _ledger.Reserve(Shop.Mugs(4));
        Sale(2).ShouldSatisfyAllConditions(
            raised => raised.IsNew.ShouldBeTrue(),
            raised => raised.StockKey.ShouldBe(Shop.Mug),
            raised => raised.ReservationsAtRisk.ShouldBe([reservation.Number]));
        Sale(1).IsNew.ShouldBeFalse();

        _ledger.Run(new StockCommand.Release(reservation.Number, [Shop.Mugs(1)])).Mended.ShouldBeEmpty();
        Kinds().ShouldBe([ExceptionKind.Shortfall]);

        _ledger.Run(new StockCommand.Release(reservation.Number, [Shop.Mugs(1)])).Mended.ShouldHaveSingleItem();
        Kinds().ShouldBeEmpty();

        RaisedException Sale(long units) =>
            _ledger.Run(new StockCommand.Adjust("till", AdjustmentReason.Sale, [Shop.Mugs(-units)])).Raised.ShouldHaveSingleItem();
    }

    [Fact]
    public void A_payment_whose_order_is_not_known_can_be_judged_again()
    {
        _ledger.Apply(Shop.Captured() with { OrderRef = null });
        var id = _ledger.Payments.Single().Id;
        _ledger.Run(new StockCommand.Reconsider(null, id)).Outcome.ShouldBe(new StockOutcome.Swept(Expired: false));
        Kinds().ShouldBe([ExceptionKind.MissingContext]);
    }

    [Fact]
    public void Every_kind_of_case_has_something_to_do()
    {
        foreach (var kind in Enum.GetValues<ExceptionKind>())
        {
            NextActions.For(kind, "").ShouldEndWith(".");
        }
    }

    private IEnumerable<ExceptionKind> Kinds() => _ledger.OpenCases.Keys.Select(cause => cause.Kind).Order();
}
