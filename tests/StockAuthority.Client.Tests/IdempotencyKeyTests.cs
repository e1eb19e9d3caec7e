using Shouldly;
using Xunit;

namespace StockAuthority.Client.Tests;

public sealed class IdempotencyKeyTests
{
    [Fact]
    public void A_step_of_an_order_has_the_same_key_everywhere() => IdempotencyKey.For("order-1", "reserve").Text.ShouldBe("reserve:order-1");

    [Fact]
    public void Steps_and_orders_cannot_be_taken_for_each_other() =>
        IdempotencyKey.For("a:b", "c").ShouldNotBe(IdempotencyKey.For("b", "c"));

    [Fact]
    public void A_long_order_still_has_a_key_of_its_own()
    {
        var (one, other) = (new string('x', 128) + "1", new string('x', 128) + "2");
        IdempotencyKey.For(one, "reserve").Text.Length.ShouldBeLessThanOrEqualTo(128);
        IdempotencyKey.For(one, "reserve").ShouldNotBe(IdempotencyKey.For(other, "reserve"));
        IdempotencyKey.For(one, "reserve").ShouldBe(IdempotencyKey.For(one, "reserve"));
    }

    [Fact]
    public void What_cannot_be_a_key_is_refused()
    {
        Should.Throw<ArgumentException>(() => new IdempotencyKey(""));
        Should.Throw<ArgumentException>(() => new IdempotencyKey(new string('x', 129)));
        Should.Throw<ArgumentException>(() => IdempotencyKey.For("order-1", "a:b"));
        Should.Throw<InvalidOperationException>(() => default(IdempotencyKey).Text);
    }

    [Fact]
    public void New_keys_differ() => IdempotencyKey.New().ShouldNotBe(IdempotencyKey.New());
}
