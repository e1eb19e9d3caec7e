using Shouldly;
using StockAuthority.Connectors.Pos.Square;
using StockAuthority.Connectors.Runtime;
using Xunit;

namespace StockAuthority.Connectors.Tests.Pos;

public sealed class SquareRequestTests
{
    private static readonly DateTimeOffset Now = new(2025, 8, 20, 12, 34, 56, TimeSpan.Zero);
    private static readonly string PushKey = new('a', 64);
    private static readonly SquareTarget[] Target = [new("W62U", "C6W5")];

    [Fact]
    public void A_level_becomes_a_physical_count_of_the_available_units()
    {
        var count = SquareRequest.For([Change(Now)], Target, PushKey, Now).Changes.ShouldHaveSingleItem();
        count.Type.ShouldBe("PHYSICAL_COUNT");
        count.PhysicalCount.ShouldBe(new PhysicalCount("stockauthority/12", "W62U", "IN_STOCK", "C6W5", "7", "2025-08-20T12:34:56.000000Z"));
    }

    [Fact]
    public void The_same_body_has_the_same_key_and_another_body_another_within_Square_s_length()
    {
        var key = SquareRequest.For([Change(Now)], Target, PushKey, Now).IdempotencyKey;
        SquareRequest.For([Change(Now)], Target, PushKey, Now.AddMinutes(5)).IdempotencyKey.ShouldBe(key);
        SquareRequest.For([Change(Now)], Target, PushKey, Now.AddDays(2)).IdempotencyKey.ShouldNotBe(key);
        key.Length.ShouldBeLessThanOrEqualTo(128);
    }

    private static LevelChange Change(DateTimeOffset recordTime) => new(new StockKey("apple", "shop"), 7, 3, 12, recordTime);
}
