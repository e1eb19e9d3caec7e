using Shouldly;
using StockAuthority.Core.Inventory;
using Xunit;

namespace StockAuthority.Core.Tests.Inventory;

public sealed class ExtendTests
{
    private readonly LedgerModel _ledger = new();
    private readonly long _number;

    public ExtendTests()
    {
        _ledger.Stock(Shop.Mugs(5));
        _number = _ledger.Reserve(Shop.Mugs(3)).Number;
    }

    [Fact]
    public void What_is_held_longer_does_not_expire_at_its_first_time()
    {
        _ledger.Advance(Shop.TimeToLive / 2);

        LedgerModel.Reserved(Extend(Shop.TimeToLive)).ExpireAt.ShouldBe(_ledger.Now + Shop.TimeToLive);

        _ledger.Advance(Shop.TimeToLive / 2);
        _ledger.Run(new StockCommand.Expire(_number)).Outcome.ShouldBe(new StockOutcome.Swept(Expired: false));
        _ledger.Advance(Shop.TimeToLive / 2);
        _ledger.Run(new StockCommand.Expire(_number)).Outcome.ShouldBe(new StockOutcome.Swept(Expired: true));
    }

    [Fact]
    public void A_time_can_be_named()
    {
        var until = _ledger.Now + ReservationPolicy.Standard.LongestTimeToLive;
        LedgerModel.Reserved(Extend(TimeSpan.Zero, until)).ExpireAt.ShouldBe(until);
        LedgerModel.Reserved(_ledger.Run(Shop.Reserve(Shop.Mugs(1)) with { ExpireAt = until })).ExpireAt.ShouldBe(until);
    }

    [Fact]
    public void A_time_that_is_not_ahead_or_too_far_away_is_invalid()
    {
        var longest = ReservationPolicy.Standard.LongestTimeToLive;
        var outOfRange = new StockOutcome.Invalid(new InvalidReference.HoldTimeOutOfRange(IsTimeToLive: false, longest));
        foreach (var until in (DateTimeOffset[])[_ledger.Now, _ledger.Now + longest + TimeSpan.FromTicks(1)])
        {
            Extend(TimeSpan.Zero, until).Outcome.ShouldBe(outOfRange);
            _ledger.Run(Shop.Reserve(Shop.Mugs(1)) with { ExpireAt = until }).Outcome.ShouldBe(outOfRange);
        }
    }

    [Fact]
    public void A_promise_is_not_shortened() =>
        Extend(Shop.TimeToLive / 2).Outcome.ShouldBe(new StockOutcome.Refused(new Refusal.ExpiresLater(_number, _ledger.Now + Shop.TimeToLive)));

    [Fact]
    public void Only_what_is_held_can_be_held_longer()
    {
        _ledger.Run(new StockCommand.Commit(_number, [Shop.Mugs(3)]));
        Extend(2 * Shop.TimeToLive).Outcome.ShouldBe(new StockOutcome.Refused(new Refusal.ReservationNotActive(_number, ReservationState.Committed)));
        _ledger.Run(new StockCommand.Fulfill(_number, [Shop.Mugs(3)]));
        Extend(2 * Shop.TimeToLive).Outcome.ShouldBe(new StockOutcome.Refused(new Refusal.ReservationFinal(_number, ReservationState.Fulfilled)));
        _ledger.Run(new StockCommand.Extend(404, Shop.TimeToLive)).Outcome.ShouldBe(new StockOutcome.Invalid(new InvalidReference.UnknownReservation(404)));
    }

    private Decision Extend(TimeSpan timeToLive, DateTimeOffset? until = null) => _ledger.Run(new StockCommand.Extend(_number, timeToLive, until));
}
