using Shouldly;
using StockAuthority.Core.Inventory;
using Xunit;

namespace StockAuthority.Core.Tests.Inventory;

public sealed class ReservationPolicyTests
{
    private static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);

    private readonly LedgerModel _ledger = new() { Policy = ReservationPolicy.Of(Quarter, TimeSpan.FromHours(2)) };

    public ReservationPolicyTests() => _ledger.Stock(Shop.Mugs(9));

    [Fact]
    public void What_is_not_chosen_is_the_standard()
    {
        ReservationPolicy.Of(null, null).ShouldBe(new ReservationPolicy(TimeSpan.FromDays(7), TimeSpan.FromDays(90)));
        ReservationPolicy.Of(null, TimeSpan.FromDays(1)).ShouldBe(new ReservationPolicy(TimeSpan.FromDays(1), TimeSpan.FromDays(1)));
        ReservationPolicy.Of(TimeSpan.FromDays(30), null).ShouldBe(new ReservationPolicy(TimeSpan.FromDays(30), TimeSpan.FromDays(90)));
    }

    [Fact]
    public void A_reserve_that_names_no_time_gets_the_tenants()
    {
        LedgerModel.Reserved(_ledger.Run(Shop.Reserve(Shop.Mugs(1)) with { TimeToLive = null })).ExpireAt.ShouldBe(_ledger.Now + Quarter);
        LedgerModel.Reserved(_ledger.Run(Shop.Reserve(Shop.Mugs(1)) with { TimeToLive = Quarter / 2 })).ExpireAt.ShouldBe(_ledger.Now + (Quarter / 2));
        var until = _ledger.Now + TimeSpan.FromHours(2);
        LedgerModel.Reserved(_ledger.Run(Shop.Reserve(Shop.Mugs(1)) with { TimeToLive = null, ExpireAt = until })).ExpireAt.ShouldBe(until);
    }

    [Fact]
    public void Nothing_is_held_for_longer_than_the_tenant_allows()
    {
        var tooLong = TimeSpan.FromHours(2) + TimeSpan.FromTicks(1);
        var number = _ledger.Reserve(Shop.Mugs(1)).Number;
        foreach (var command in (StockCommand[])
            [Shop.Reserve(Shop.Mugs(1)) with { TimeToLive = tooLong }, new StockCommand.Extend(number, tooLong)])
        {
            _ledger.Run(command).Outcome.ShouldBe(new StockOutcome.Invalid(new InvalidReference.HoldTimeOutOfRange(IsTimeToLive: true, TimeSpan.FromHours(2))));
        }

        foreach (var command in (StockCommand[])
            [Shop.Reserve(Shop.Mugs(1)) with { ExpireAt = _ledger.Now + tooLong }, new StockCommand.Extend(number, null, _ledger.Now + tooLong)])
        {
            _ledger.Run(command).Outcome.ShouldBe(new StockOutcome.Invalid(new InvalidReference.HoldTimeOutOfRange(IsTimeToLive: false, TimeSpan.FromHours(2))));
        }
    }
}
