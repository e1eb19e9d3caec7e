using Shouldly;
using StockAuthority.Server.Availability;
using Xunit;

namespace StockAuthority.Server.Tests.Availability;

public sealed class LatestByKeyTests
{
    [Fact]
    public void Of_one_key_the_newest_value_stays_whatever_the_order()
    {
        var buffer = new LatestByKey<string, string>(10);

        buffer.Offer("a", 2, "new").ShouldBeTrue();
        buffer.Offer("a", 1, "old").ShouldBeTrue();
        buffer.Offer("b", 1, "other").ShouldBeTrue();

        var drained = buffer.Drain();
        drained.Count.ShouldBe(2);
        drained["a"].Value.ShouldBe("new");
        buffer.Drain().ShouldBeEmpty();
    }

    [Fact]
    public void A_full_buffer_takes_news_of_its_keys_and_no_other()
    {
        var buffer = new LatestByKey<int, int>(2);
        buffer.Offer(1, 1, 1);
        buffer.Offer(2, 1, 1);

        buffer.Offer(3, 1, 1).ShouldBeFalse();
        buffer.Offer(2, 2, 2).ShouldBeTrue();

        buffer.Drain().Keys.Order().ShouldBe([1, 2]);
    }

    [Fact]
    public async Task No_offer_is_missed_by_a_reader_who_waits_and_drains()
    {
        const int Offers = 20_000;
        var buffer = new LatestByKey<int, int>(Offers);
        var offering = Task.Run(() =>
        {
            for (var number = 1; number <= Offers; number++)
            {
                buffer.Offer(number, 1, number);
            }
        });

        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var seen = 0;
        while (seen < Offers)
        {
            await buffer.WaitAsync(bound.Token);
            seen += buffer.Drain().Count;
        }

        await offering;
        seen.ShouldBe(Offers);
    }
}
