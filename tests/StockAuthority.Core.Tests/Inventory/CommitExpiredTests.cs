using System.Collections.Immutable;
using Shouldly;
using StockAuthority.Core.Inventory;
using Xunit;

namespace StockAuthority.Core.Tests.Inventory;

/// <summary>A commit that comes after the expiry takes what is left, or says why not; never what others have and never twice.</summary>
public sealed class CommitExpiredTests
{
    private readonly LedgerModel _ledger = new();
    private readonly long _number;

    public CommitExpiredTests()
    {
        _ledger.Stock(Shop.Mugs(5), Shop.Teas(3));
        _number = _ledger.Reserve(Shop.Mugs(3), Shop.Teas(2)).Number;
    }

    [Fact]
    public void Expired_units_that_are_still_there_are_reserved_again_and_committed()
    {
        Expire(_number);

        var outcome = Commit(_number, Shop.Mugs(3), Shop.Teas(1)).Outcome.ShouldBeOfType<StockOutcome.Applied>();

        outcome.ReReserved.ShouldBeTrue();
        outcome.Reservation!.State.ShouldBe(ReservationState.Committed);
        outcome.Reservation.ClosedAt.ShouldBeNull();
        outcome.Reservation.Line(Shop.Mug).ShouldBe(new ReservationLine(Shop.Mug, 3, Reserved: 0, Committed: 3));
        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Available.ShouldBe(2), level => level.Committed.ShouldBe(3));
        _ledger.Movements.TakeLast(4).Select(movement => (movement.Operation, movement.ReservationNumber))
            .ShouldBe([(StockOperation.Reserve, _number), (StockOperation.Commit, _number), (StockOperation.Reserve, _number), (StockOperation.Commit, _number)]);
        Commit(_number, Shop.Teas(1)).Outcome.ShouldBeOfType<StockOutcome.Applied>().ReReserved.ShouldBeTrue("the rest of it has expired as well");
        LedgerInvariants.Check(_ledger);
    }

    [Fact]
    public void Before_the_expiry_nothing_is_reserved_again() =>
        Commit(_number, Shop.Mugs(1)).Outcome.ShouldBeOfType<StockOutcome.Applied>().ReReserved.ShouldBeFalse();

    [Fact]
    public void Expired_units_that_others_have_are_refused_as_a_whole()
    {
        Expire(_number);
        _ledger.Run(Shop.Reserve(Shop.Mugs(4)) with { OrderRef = "order-2" });

        var decision = Commit(_number, Shop.Mugs(3), Shop.Teas(2));

        Refusal<Refusal.InsufficientStock>(decision).Shortages.ShouldBe([new Shortage(Shop.Mug, 3, 1)]);
        decision.Movements.ShouldBeEmpty();
        _ledger.Reservation(_number).State.ShouldBe(ReservationState.Expired);
    }

    [Fact]
    public void No_more_than_has_expired_is_reserved_again()
    {
        Commit(_number, Shop.Mugs(1));
        Expire(_number);

        Refusal<Refusal.QuantityExceedsReservation>(Commit(_number, Shop.Mugs(3), Shop.Teas(2)))
            .ShouldSatisfyAllConditions(
                refusal => refusal.From.ShouldBe("expired"),
                refusal => refusal.Lines.ShouldBe([new Shortage(Shop.Mug, 3, 2)]));
        Commit(_number, Shop.Mugs(2)).Outcome.ShouldBeOfType<StockOutcome.Applied>().ReReserved.ShouldBeTrue();
    }

    [Fact]
    public void What_the_caller_gave_up_is_not_taken_again()
    {
        _ledger.Run(new StockCommand.Release(_number, [Shop.Mugs(1)]));
        Expire(_number);

        Refusal<Refusal.QuantityExceedsReservation>(Commit(_number, Shop.Mugs(3))).Lines.ShouldBe([new Shortage(Shop.Mug, 3, 2)]);
    }

    [Fact]
    public void A_released_reservation_stays_final()
    {
        _ledger.Run(new StockCommand.Release(_number, [Shop.Mugs(3), Shop.Teas(2)]));

        Refusal<Refusal.ReservationFinal>(Commit(_number, Shop.Mugs(1))).State.ShouldBe(ReservationState.Released);
    }

    [Fact]
    public void What_a_payment_took_after_the_expiry_is_not_taken_twice()
    {
        Expire(_number);
        _ledger.Apply(Shop.PartlyCaptured("capture-1", 90, Shop.Mugs(2)));
        var taken = _ledger.Reservations.Last().Number;
        taken.ShouldNotBe(_number);

        Refusal<Refusal.ReservationSuperseded>(Commit(_number, Shop.Mugs(2))).ByNumber.ShouldBe(taken);
        Commit(_number, Shop.Mugs(1), Shop.Teas(2)).Outcome.ShouldBeOfType<StockOutcome.Applied>("the order still wants these");
        _ledger.Level(Shop.Mug).Committed.ShouldBe(3);
    }

    [Fact]
    public void A_payment_finds_what_was_committed_after_the_expiry()
    {
        Expire(_number);
        Commit(_number, Shop.Mugs(3), Shop.Teas(2));

        _ledger.Apply(Shop.Captured(90)).Reason.ShouldBe("ALREADY_THERE");

        _ledger.Level(Shop.Mug).Committed.ShouldBe(3);
        _ledger.Reservations.Count.ShouldBe(1);
    }

    [Fact]
    public void A_reservation_that_a_payment_made_and_its_stand_in_are_not_both_committed()
    {
        var ledger = new LedgerModel();
        ledger.Stock(Shop.Mugs(9));
        ledger.Apply(Shop.Authorized().For(Shop.Mugs(3)));
        var first = ledger.Reservations.Single().Number;
        ledger.Advance(TimeSpan.FromDays(8));
        ledger.Run(new StockCommand.Expire(first));
        ledger.Apply(Shop.Captured(1).For(Shop.Mugs(3)));
        var second = ledger.Reservations.Last().Number;

        Refusal<Refusal.ReservationSuperseded>(ledger.Run(new StockCommand.Commit(first, [Shop.Mugs(1)]))).ByNumber.ShouldBe(second);
    }

    [Fact]
    public void A_checkout_that_reserved_again_has_to_commit_that()
    {
        Expire(_number);
        var anew = _ledger.Reserve(Shop.Mugs(1)).Number;

        Refusal<Refusal.ReservationSuperseded>(Commit(_number, Shop.Mugs(1))).ByNumber.ShouldBe(anew);
        Expire(anew);
        Refusal<Refusal.ReservationSuperseded>(Commit(_number, Shop.Mugs(1))).ByNumber.ShouldBe(anew);
        Commit(anew, Shop.Mugs(1)).Outcome.ShouldBeOfType<StockOutcome.Applied>().ReReserved.ShouldBeTrue();
    }

    private void Expire(long number)
    {
        _ledger.Advance(Shop.TimeToLive);
        _ledger.Run(new StockCommand.Expire(number)).Outcome.ShouldBe(new StockOutcome.Swept(Expired: true));
    }

    private Decision Commit(long number, params ImmutableArray<StockLine> lines) => _ledger.Run(new StockCommand.Commit(number, lines));

    private static T Refusal<T>(Decision decision)
        where T : Refusal => decision.Outcome.ShouldBeOfType<StockOutcome.Refused>().Refusal.ShouldBeOfType<T>();
}
