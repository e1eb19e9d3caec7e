using Shouldly;
using StockAuthority.Connectors.Erp.BusinessCentral;
using StockAuthority.Connectors.Erp.Mapping;
using Xunit;

namespace StockAuthority.Connectors.Erp.Tests.BusinessCentral;

public sealed class BusinessCentralPlacesTests
{
    [Theory]
    [InlineData("Purchase", "SHOP", """{"entryType":"Purchase","locationCode":"SHOP","quantity":3}""")]
    [InlineData("SHOP", "Purchase", """{"entryType":"Purchase","locationCode":"SHOP","quantity":-3}""")]
    [InlineData("SHOP", "Sale", """{"entryType":"Sale","locationCode":"SHOP","quantity":3}""")]
    [InlineData("Sale", "RETURNS", """{"entryType":"Sale","locationCode":"RETURNS","quantity":-3}""")]
    [InlineData("Adjustment", "SHOP", """{"entryType":"Positive Adjmt.","locationCode":"SHOP","quantity":3}""")]
    [InlineData("SHOP", "Adjustment", """{"entryType":"Negative Adjmt.","locationCode":"SHOP","quantity":3}""")]
    [InlineData("SHOP", "RETURNS", """{"entryType":"Transfer","locationCode":"SHOP","quantity":3,"newLocationCode":"RETURNS"}""")]
    public void Goods_are_an_entry_of_the_type_of_where_they_go(string from, string to, string line) =>
        BusinessCentralPlaces.Line(new ErpGoods("MUG", from, to, 3)).ToJsonString().ShouldBe(line);

    [Fact]
    public void Goods_that_are_at_no_location_are_refused() =>
        Should.Throw<BusinessCentralRefusalException>(() => BusinessCentralPlaces.Line(new ErpGoods("MUG", "Purchase", "Sale", 3))).Code.ShouldBe("NO_LOCATION");
}
