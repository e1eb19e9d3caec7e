using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Availability;
using Xunit;

namespace StockAuthority.Server.Tests.Availability;

public sealed class RecentLevelsTests
{
    private static readonly TenantKey Key = new("acme", new StockKey("sku", "berlin"));
    private static readonly TimeSpan Sharing = TimeSpan.FromMilliseconds(5);

    private readonly FakeTimeProvider _time = new();
    private readonly RecentLevels _recent;

    public RecentLevelsTests() => _recent = new RecentLevels(Options.Create(new AvailabilityOptions { ReadSharing = Sharing }), _time);

    [Fact]
    public void What_the_cache_answered_is_given_to_others_for_a_moment()
    {
        _recent.Current().Add(Key, Level(3));

        _recent.Current().Find(Key).ShouldBe(Level(3));
        _time.Advance(Sharing);
        _recent.Current().Find(Key).ShouldBeNull();
    }

    [Fact]
    public void Nothing_lives_longer_than_a_moment_however_late_in_it_it_came()
    {
        _recent.Current().Add(Key with { TenantId = "other" }, Level(1));
        _time.Advance(Sharing / 2);
        _recent.Current().Add(Key, Level(3));
        _time.Advance(Sharing / 2);

        _recent.Current().Find(Key).ShouldBeNull();
    }

    [Fact]
    public void Of_two_answers_the_newer_stays()
    {
        _recent.Current().Add(Key, Level(3));
        _recent.Current().Add(Key, Level(5));
        _recent.Current().Add(Key, Level(4));

        _recent.Current().Find(Key).ShouldBe(Level(5));
    }

    [Fact]
    public void An_answer_that_came_late_is_not_given_to_later_readers()
    {
        var earlier = _recent.Current();
        _time.Advance(Sharing);
        _recent.Current().Find(Key).ShouldBeNull();

        earlier.Add(Key, Level(3));

        _recent.Current().Find(Key).ShouldBeNull();
    }

    private static StockLevel Level(long version) => new(Key.Key) { Available = version, Version = version };
}
