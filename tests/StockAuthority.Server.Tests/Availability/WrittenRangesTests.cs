using Shouldly;
using StockAuthority.Server.Availability;
using Xunit;

namespace StockAuthority.Server.Tests.Availability;

public sealed class WrittenRangesTests
{
    private const string Tenant = "acme";

    private readonly WrittenRanges _ranges = new();

    [Fact]
    public void What_was_offered_and_written_is_passed_over_as_one_stretch()
    {
        Offer(10, 12);
        Offer(12, 20);
        Write();
        Offer(20, 21);
        Write();

        _ranges.From(Tenant, 10).ShouldBe(21);
        _ranges.From(Tenant, 15).ShouldBe(21);
    }

    [Fact]
    public void What_was_offered_but_not_written_is_read()
    {
        Offer(10, 12);
        Write();
        Offer(12, 20);
        _ranges.Take();

        _ranges.From(Tenant, 10).ShouldBe(12);
    }

    [Fact]
    public void An_offer_after_the_taking_is_not_covered_by_what_was_taken()
    {
        Offer(10, 12);
        var taken = _ranges.Take();
        Offer(12, 20);
        _ranges.Written(taken);

        _ranges.From(Tenant, 10).ShouldBe(12);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Movements_of_another_replica_in_between_are_read(bool writtenBetween)
    {
        Offer(10, 12);
        if (writtenBetween)
        {
            Write();
        }

        Offer(15, 20);
        Write();

        _ranges.From(Tenant, 10).ShouldBe(10);
        _ranges.From(Tenant, 12).ShouldBe(12);
        _ranges.From(Tenant, 15).ShouldBe(20);
    }

    [Fact]
    public void Another_tenant_and_what_lies_behind_are_read()
    {
        Offer(10, 12);
        Write();

        _ranges.From("other", 10).ShouldBe(10);
        _ranges.From(Tenant, 9).ShouldBe(9);
        _ranges.From(Tenant, 12).ShouldBe(12);
        _ranges.From(Tenant, 13).ShouldBe(13);
    }

    private void Offer(long after, long upTo) => _ranges.Offered(Tenant, new JournalStretch(after, upTo));

    private void Write() => _ranges.Written(_ranges.Take());
}
