using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.ChangeFeed;
using Xunit;

namespace StockAuthority.Server.Tests.ChangeFeed;

/// <summary>A bound that is too late would hide movements, so nothing is bounded but what follows something seen.</summary>
public sealed class JournalMonthsTests
{
    private static readonly DateTimeOffset May = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset June = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly JournalMonths _months = new();

    [Fact]
    public void What_follows_a_movement_that_was_seen_is_bounded_by_its_month_and_nothing_else_is()
    {
        Learn((10, May.AddDays(3)), (11, May.AddDays(4)));

        _months.NotBefore("acme", 9).ShouldBe(DateTimeOffset.MinValue);
        _months.NotBefore("acme", 10).ShouldBe(May);
        _months.NotBefore("acme", 11).ShouldBe(May);
        _months.NotBefore("other", 11).ShouldBe(DateTimeOffset.MinValue);
    }

    [Fact]
    public void A_page_across_months_is_known_by_its_end()
    {
        Learn((10, May.AddDays(30)), (11, June));

        _months.NotBefore("acme", 10).ShouldBe(DateTimeOffset.MinValue);
        _months.NotBefore("acme", 11).ShouldBe(June);
    }

    [Fact]
    public void The_earliest_of_the_latest_month_is_kept()
    {
        Learn((20, June.AddDays(9)));
        Learn((15, June.AddDays(2)), (16, June.AddDays(2)));
        Learn((18, June.AddDays(5)));
        Learn((3, May));

        _months.NotBefore("acme", 15).ShouldBe(June);
        _months.NotBefore("acme", 14).ShouldBe(DateTimeOffset.MinValue);
    }

    private void Learn(params (long Sequence, DateTimeOffset RecordedAt)[] movements) => _months.Learn(
        "acme",
        [
            .. movements.Select(each => new Movement(
                each.Sequence, new StockKey("sku", "berlin"), StockState.Supply, StockState.Available, 1, 1, 1, StockOperation.Adjust,
                null, null, "document", AdjustmentReason.Receipt, "key", each.RecordedAt, [])),
        ]);
}
