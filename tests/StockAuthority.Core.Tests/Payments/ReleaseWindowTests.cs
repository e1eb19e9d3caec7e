using System.Collections.Immutable;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>How long an uncaptured authorization is held, by payment method.</summary>
public sealed class ReleaseWindowTests
{
    private static readonly ImmutableSortedDictionary<string, TimeSpan> Windows =
        Matrices.Windows((TriggerMatrix.AnyMethod, TimeSpan.FromDays(7)), ("pay_later", TimeSpan.FromDays(28)), ("voucher", TimeSpan.FromHours(2)));

    private readonly LedgerModel _ledger = new(Matrices.Of(Matrices.Rows, Windows, []));

    public ReleaseWindowTests() => _ledger.Stock(Shop.Mugs(5), Shop.Teas(3));

    [Theory]
    [InlineData("voucher", 2)]
    [InlineData("pay_later", 28 * 24)]
    [InlineData("card", 7 * 24)]
    [InlineData(null, 7 * 24)]
    public void An_authorization_is_held_for_the_window_of_its_method_from_when_it_was_given(string? method, int hours)
    {
        _ledger.Advance(TimeSpan.FromMinutes(30));

        _ledger.Apply(Authorized(method));

        _ledger.Reservations.Single().ExpireAt.ShouldBe(Shop.Opening.AddHours(hours));
    }

    [Fact]
    public void Without_a_capture_it_is_released_at_the_end_of_the_window()
    {
        _ledger.Apply(Authorized("voucher"));
        var number = _ledger.Reservations.Single().Number;

        _ledger.Advance(TimeSpan.FromHours(2) - TimeSpan.FromSeconds(1));
        _ledger.Run(new StockCommand.Expire(number));
        _ledger.Level(Shop.Mug).Reserved.ShouldBe(2);

        _ledger.Advance(TimeSpan.FromSeconds(1));
        _ledger.Run(new StockCommand.Expire(number));
        _ledger.Level(Shop.Mug).Available.ShouldBe(5);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_checkouts_hold_lasts_as_long_as_its_authorization_whichever_came_first(bool isReservedFirst)
    {
        if (isReservedFirst)
        {
            _ledger.Reserve(Shop.Mugs(2));
        }

        _ledger.Apply(Authorized("pay_later"));
        if (!isReservedFirst)
        {
            _ledger.Reserve(Shop.Mugs(2));
        }

        _ledger.Reservations.Single().ExpireAt.ShouldBe(Shop.Opening.AddDays(28));
        _ledger.Level(Shop.Mug).Reserved.ShouldBe(2);
    }

    [Fact]
    public void A_checkout_that_asked_for_longer_keeps_it()
    {
        var reservation = LedgerModel.Reserved(_ledger.Run(Shop.Reserve(Shop.Mugs(2)) with { TimeToLive = TimeSpan.FromDays(30) }));

        _ledger.Apply(Authorized("voucher"));

        _ledger.Reservation(reservation.Number).ExpireAt.ShouldBe(Shop.Opening.AddDays(30));
    }

    [Fact]
    public void What_waits_for_another_payment_is_not_held_for_this_one()
    {
        var reservation = LedgerModel.Reserved(_ledger.Run(Shop.Reserve(Shop.Mugs(2)) with { PaymentObjectId = "payment-2" }));

        _ledger.Apply(Authorized("pay_later"));

        _ledger.Reservation(reservation.Number).ExpireAt.ShouldBe(Shop.Opening + Shop.TimeToLive);
    }

    [Fact]
    public void An_authorization_that_is_told_of_after_its_window_holds_nothing()
    {
        _ledger.Advance(TimeSpan.FromHours(2));

        var resolution = _ledger.Apply(Authorized("voucher"));

        (resolution.Kind, resolution.Reason).ShouldBe((ResolutionKind.NoOp, ResolutionReason.ReservationExpired));
        _ledger.Level(Shop.Mug).Available.ShouldBe(5);
    }

    [Fact]
    public void A_capture_after_the_window_takes_the_units_again()
    {
        _ledger.Advance(TimeSpan.FromHours(3));
        _ledger.Apply(Authorized("voucher"));

        _ledger.Apply(Shop.Captured(170)).Reason.ShouldBe(ResolutionReason.Committed);
    }

    [Fact]
    public void Money_that_was_taken_holds_until_it_is_settled()
    {
        var ledger = new LedgerModel(Matrices.Of(Matrices.Changed(("capture-succeeded", InventoryAction.Reserve), ("settlement-confirmed", InventoryAction.Commit)), Windows, []));
        ledger.Stock(Shop.Mugs(5));
        ledger.Reserve(Shop.Mugs(2));

        ledger.Apply(Authorized("voucher"));
        ledger.Apply(Shop.Captured(5));

        ledger.Reservations.Single().ExpireAt.ShouldBe(Shop.Opening.AddMinutes(5).AddDays(90));
    }

    [Fact]
    public void Of_two_events_that_name_another_method_for_one_authorization_the_order_does_not_matter()
    {
        var first = Authorized("voucher");
        var second = first.Again(0) with { PaymentMethod = "card" };
        _ledger.Apply(first);
        _ledger.Apply(second);
        var other = new LedgerModel(_ledger.Matrix);
        other.Stock(Shop.Mugs(5), Shop.Teas(3));
        other.Apply(second);
        other.Apply(first);

        other.Payments.Single().Facts.Single().PaymentMethod.ShouldBe(_ledger.Payments.Single().Facts.Single().PaymentMethod);
    }

    [Fact]
    public void Each_class_has_the_window_of_its_own_matrix()
    {
        var ledger = new LedgerModel(Matrices.Of(
            Matrices.Rows,
            Windows,
            [new SkuClass("teas", ["tea"])],
            new MatrixOverride("teas", [], ["teas"], [], Matrices.Windows(("card", TimeSpan.FromDays(1))))));
        ledger.Stock(Shop.Mugs(5), Shop.Teas(3));

        ledger.Apply(Shop.Authorized().For(Shop.Teas(1)) with { PaymentMethod = "card" });
        ledger.Apply(Shop.Authorized().Of("payment-2").For(Shop.Teas(1)) with { PaymentMethod = "pay_later", OrderRef = "order-2" });

        ledger.Reservations.Select(each => each.ExpireAt).ShouldBe([Shop.Opening.AddDays(1), Shop.Opening.AddDays(28)]);
    }

    private static PaymentEvent Authorized(string? method) => Shop.Authorized().For(Shop.Mugs(2)) with { PaymentMethod = method };
}
