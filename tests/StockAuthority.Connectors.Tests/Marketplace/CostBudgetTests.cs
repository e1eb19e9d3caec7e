using Microsoft.Extensions.Time.Testing;
using Shouldly;
using StockAuthority.Connectors.Marketplace.Shopify;
using Xunit;

namespace StockAuthority.Connectors.Tests.Marketplace;

public sealed class CostBudgetTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void A_request_waits_until_the_bucket_holds_its_cost()
    {
        var budget = new CostBudget(_clock);
        budget.WaitFor("set").ShouldBeNull();
        budget.Note("set", new AnswerCost(10, new ThrottleStatus(40, 0, 2)));
        budget.WaitFor("set").ShouldBe(TimeSpan.FromSeconds(5));
        budget.WaitFor("read").ShouldBeNull();
        _clock.Advance(TimeSpan.FromSeconds(3));
        budget.WaitFor("set").ShouldBe(TimeSpan.FromSeconds(2));
        _clock.Advance(TimeSpan.FromSeconds(2));
        budget.WaitFor("set").ShouldBeNull();
    }

    [Fact]
    public void A_cost_that_the_bucket_never_holds_waits_for_a_full_one()
    {
        var budget = new CostBudget(_clock);
        budget.Note("set", new AnswerCost(100, new ThrottleStatus(40, 40, 2)));
        budget.WaitFor("set").ShouldBeNull();
    }
}
