using System.Collections.Immutable;
using Shouldly;
using StockAuthority.Core.Inventory;
using Xunit;

namespace StockAuthority.Core.Tests.Inventory;

/// <summary>Commit, release, fulfil and expire.</summary>
public sealed class ReservationTests
{
    private readonly LedgerModel _ledger = new();
    private readonly long _number;

    public ReservationTests()
    {
        _ledger.Stock(Shop.Mugs(5), Shop.Teas(3));
        _number = _ledger.Reserve(Shop.Mugs(3), Shop.Teas(2)).Number;
    }

    private Reservation Reservation => _ledger.Reservation(_number);

    [Fact]
    public void Commit_moves_reserved_units_of_some_lines_and_leaves_the_rest_active()
    {
        Commit(Shop.Mugs(2));

        Reservation.State.ShouldBe(ReservationState.Active);
        Reservation.Line(Shop.Mug).ShouldBe(new ReservationLine(Shop.Mug, 3, Reserved: 1, Committed: 2));
        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Reserved.ShouldBe(1), level => level.Committed.ShouldBe(2), level => level.Available.ShouldBe(2));

        Commit(Shop.Mugs(1), Shop.Teas(2));
        Reservation.State.ShouldBe(ReservationState.Committed);
        Reservation.ClosedAt.ShouldBeNull();
    }

    [Fact]
    public void Fulfil_takes_committed_units_out_of_the_stock()
    {
        Commit(Shop.Mugs(3), Shop.Teas(2));
        var before = _ledger.Level(Shop.Mug).OnHand;

        Fulfill(Shop.Mugs(3));
        Reservation.State.ShouldBe(ReservationState.Committed, "the tea is still here");
        Fulfill(Shop.Teas(2));

        Reservation.State.ShouldBe(ReservationState.Fulfilled);
        Reservation.ClosedAt.ShouldBe(_ledger.Now);
        _ledger.Level(Shop.Mug).OnHand.ShouldBe(before - 3);
    }

    [Fact]
    public void Release_gives_back_reserved_units_before_committed_ones()
    {
        Commit(Shop.Mugs(2));

        Release(Shop.Mugs(2));

        Reservation.Line(Shop.Mug).ShouldBe(new ReservationLine(Shop.Mug, 3, Reserved: 0, Committed: 1, Withdrawn: 2));
        Reservation.Line(Shop.Mug)!.Released.ShouldBe(2);
        _ledger.Level(Shop.Mug).Available.ShouldBe(4);
        _ledger.Movements.TakeLast(2).Select(movement => (movement.From, movement.Quantity))
            .ShouldBe([(StockState.Reserved, 1), (StockState.Committed, 1)]);
    }

    [Fact]
    public void Releasing_everything_ends_the_reservation()
    {
        Release(Shop.Mugs(3), Shop.Teas(2));

        Reservation.State.ShouldBe(ReservationState.Released);
        Reservation.ClosedAt.ShouldBe(_ledger.Now);
        _ledger.Level(Shop.Mug).Available.ShouldBe(5);
    }

    [Fact]
    public void A_reservation_of_which_a_part_was_handed_over_and_the_rest_released_is_fulfilled()
    {
        Commit(Shop.Mugs(1));
        Fulfill(Shop.Mugs(1));

        Release(Shop.Mugs(2), Shop.Teas(2));

        Reservation.State.ShouldBe(ReservationState.Fulfilled);
    }

    [Fact]
    public void Released_units_cover_what_is_owed_before_they_are_promised_again()
    {
        _ledger.Run(new StockCommand.Adjust("till-7", AdjustmentReason.Sale, [Shop.Mugs(-4)]));
        _ledger.Level(Shop.Mug).Shortfall.ShouldBe(2, "two were free, four were sold");

        Release(Shop.Mugs(3));

        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Shortfall.ShouldBe(0), level => level.Available.ShouldBe(1));
    }

    public static TheoryData<string, StockCommand> Excesses() => new()
    {
        { "reserved", new StockCommand.Commit(0, [Shop.Mugs(4), Shop.Teas(1), new StockLine(Shop.MugInLyon, 1)]) },
        { "reserved or committed", new StockCommand.Release(0, [Shop.Mugs(4), Shop.Teas(1), new StockLine(Shop.MugInLyon, 1)]) },
        { "committed", new StockCommand.Fulfill(0, [Shop.Mugs(4), new StockLine(Shop.MugInLyon, 1)]) },
    };

    [Theory]
    [MemberData(nameof(Excesses))]
    public void More_than_the_reservation_has_is_refused_as_a_whole(string from, StockCommand command)
    {
        var decision = _ledger.Run(On(command, _number));

        var refusal = decision.Outcome.ShouldBeOfType<StockOutcome.Refused>().Refusal.ShouldBeOfType<Refusal.QuantityExceedsReservation>();
        refusal.ReservationNumber.ShouldBe(_number);
        refusal.From.ShouldBe(from);
        refusal.Lines.ShouldBe([new Shortage(Shop.Mug, 4, from == "committed" ? 0 : 3), new Shortage(Shop.MugInLyon, 1, 0)]);
        decision.Movements.ShouldBeEmpty();
    }

    public static TheoryData<StockCommand> Changes() =>
        [new StockCommand.Commit(0, [Shop.Mugs(1)]), new StockCommand.Release(0, [Shop.Mugs(1)]), new StockCommand.Fulfill(0, [Shop.Mugs(1)])];

    [Theory]
    [MemberData(nameof(Changes))]
    public void Once_final_a_reservation_takes_no_more_changes(StockCommand command)
    {
        Release(Shop.Mugs(3), Shop.Teas(2));

        _ledger.Run(On(command, _number)).Outcome
            .ShouldBe(new StockOutcome.Refused(new Refusal.ReservationFinal(_number, ReservationState.Released)));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void An_unknown_reservation_is_invalid(StockCommand command) =>
        _ledger.Run(On(command, 404)).Outcome.ShouldBe(new StockOutcome.Invalid(new InvalidReference.UnknownReservation(404)));

    [Fact]
    public void Expire_gives_back_what_is_only_reserved()
    {
        Commit(Shop.Mugs(1));
        _ledger.Advance(Shop.TimeToLive);

        Expire().ShouldBeTrue();

        Reservation.State.ShouldBe(ReservationState.Committed);
        _ledger.Level(Shop.Mug).ShouldSatisfyAllConditions(level => level.Available.ShouldBe(4), level => level.Committed.ShouldBe(1), level => level.Reserved.ShouldBe(0));
        Reservation.Line(Shop.Mug)!.Withdrawn.ShouldBe(0, "a payment may still ask for them");
        Expire().ShouldBeFalse("nothing is reserved any more");
    }

    [Fact]
    public void Expire_ends_a_reservation_of_which_nothing_was_committed()
    {
        _ledger.Advance(Shop.TimeToLive);

        Expire().ShouldBeTrue();

        Reservation.State.ShouldBe(ReservationState.Expired);
        Reservation.ClosedAt.ShouldBe(_ledger.Now);
        _ledger.Movements[^1].Operation.ShouldBe(StockOperation.Expire);
    }

    [Fact]
    public void Expire_before_the_time_does_nothing()
    {
        _ledger.Advance(Shop.TimeToLive - TimeSpan.FromTicks(1));

        Expire().ShouldBeFalse();

        Reservation.State.ShouldBe(ReservationState.Active);
    }

    [Fact]
    public void Expiring_an_unknown_reservation_does_nothing() =>
        _ledger.Run(new StockCommand.Expire(404)).Outcome.ShouldBe(new StockOutcome.Swept(Expired: false));

    private static StockCommand On(StockCommand command, long number) => command switch
    {
        StockCommand.Commit commit => commit with { ReservationNumber = number },
        StockCommand.Release release => release with { ReservationNumber = number },
        StockCommand.Fulfill fulfill => fulfill with { ReservationNumber = number },
        _ => throw new InvalidOperationException($"{command.GetType().Name} is not about a reservation."),
    };

    private void Commit(params ImmutableArray<StockLine> lines) => LedgerModel.Reserved(_ledger.Run(new StockCommand.Commit(_number, lines)));

    private void Release(params ImmutableArray<StockLine> lines) => LedgerModel.Reserved(_ledger.Run(new StockCommand.Release(_number, lines)));

    private void Fulfill(params ImmutableArray<StockLine> lines) => LedgerModel.Reserved(_ledger.Run(new StockCommand.Fulfill(_number, lines)));

    private bool Expire() => _ledger.Run(new StockCommand.Expire(_number)).Outcome.ShouldBeOfType<StockOutcome.Swept>().Expired;
}
