using Shouldly;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Delivery;
using Xunit;

namespace StockAuthority.Connectors.Tests.Runtime;

public sealed class PushKeyTests
{
    [Fact]
    public void The_same_levels_make_the_same_key() =>
        PushKey.For("acme", [Change("apple", "shop", 1), Change("pear", "shop", 2)])
            .ShouldBe(PushKey.For("acme", [Change("apple", "shop", 1), Change("pear", "shop", 2)]));

    [Fact]
    public void Another_tenant_key_or_version_makes_another_key()
    {
        string[] keys =
        [
            PushKey.For("acme", [Change("ab", "c", 1)]),
            PushKey.For("acme", [Change("a", "bc", 1)]),
            PushKey.For("acme", [Change("ab", "c", 2)]),
            PushKey.For("other", [Change("ab", "c", 1)]),
            PushKey.For("acme", [Change("ab", "c", 1), Change("d", "c", 1)]),
        ];
        keys.ShouldBeUnique();
        keys.ShouldAllBe(key => key.Length == 64);
    }

    private static LevelChange Change(string sku, string location, long version) => new(new StockKey(sku, location), 1, version, 1, DateTimeOffset.UnixEpoch);
}
