using System.Text;
using Shouldly;
using StockAuthority.Connectors.Broker.Events;
using Xunit;

namespace StockAuthority.Connectors.Broker.Tests.Events;

public sealed class RoutingKeysTests
{
    [Theory]
    [InlineData("demo", "store-1", "mug-blue", "demo.store-1.mug-blue")]
    [InlineData("a.b", "c*", "d#%", "a%2Eb.c%2A.d%23%25")]
    [InlineData("demo", "store 1", "größe", "demo.store 1.größe")]
    public void A_stock_key_becomes_three_words(string tenant, string location, string sku, string key) => RoutingKeys.Of(tenant, location, sku).ShouldBe(key);

    [Fact]
    public void What_is_too_long_for_AMQP_becomes_its_digest()
    {
        var longest = new string('ü', 128);
        var key = RoutingKeys.Of(longest, longest, longest + "x");
        Encoding.UTF8.GetByteCount(key).ShouldBeLessThanOrEqualTo(255);
        var words = key.Split('.');
        words[0].ShouldBe(words[1]);
        words[2].ShouldNotBe(words[1]);
        words.ShouldAllBe(word => word.StartsWith('~') && word.Length == 33);
    }
}
