using CsCheck;
using Shouldly;
using StockAuthority.Connectors.Pos.Square;
using Xunit;

namespace StockAuthority.Connectors.Tests.Pos;

public sealed class OccurredAtTests
{
    private static readonly DateTimeOffset Now = new(2025, 8, 20, 12, 34, 56, TimeSpan.Zero);
    private static readonly Gen<DateTimeOffset> Times = Gen.Long[0, TimeSpan.FromDays(5).Ticks].Select(ticks => Now.AddTicks(ticks - TimeSpan.FromDays(3).Ticks));

    [Fact]
    public void A_recent_count_keeps_the_time_of_its_movement() => OccurredAt.For(Now.AddHours(-3), Now).ShouldBe(Now.AddHours(-3));

    [Fact]
    public void Every_time_is_within_what_Square_takes() => Times.Sample(recorded =>
    {
        var occurred = OccurredAt.For(recorded, Now);
        occurred.ShouldBeLessThanOrEqualTo(Now);
        (Now - occurred).ShouldBeLessThan(TimeSpan.FromHours(24));
    });

    [Fact]
    public void A_newer_version_pushed_later_never_gets_an_earlier_time() => Gen.Select(Times, Times, Times, Times).Sample((a, b, c, d) =>
    {
        var (recorded, recordedLater) = a < b ? (a, b) : (b, a);
        var (pushed, pushedLater) = c < d ? (c, d) : (d, c);
        OccurredAt.For(recorded, pushed).ShouldBeLessThanOrEqualTo(OccurredAt.For(recordedLater, pushedLater));
    });

    [Fact]
    public void The_text_is_RFC_3339_and_cuts_off() => OccurredAt.Text(Now.AddTicks(1_234_567)).ShouldBe("2025-08-20T12:34:56.123456Z");
}
