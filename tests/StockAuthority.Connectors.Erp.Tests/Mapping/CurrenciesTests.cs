using Shouldly;
using StockAuthority.Connectors.Erp.Mapping;
using Xunit;

namespace StockAuthority.Connectors.Erp.Tests.Mapping;

public sealed class CurrenciesTests
{
    [Theory]
    [InlineData("EUR", 1250, "12.50")]
    [InlineData("JPY", 1250, "1250")]
    [InlineData("KWD", 1250, "1.250")]
    [InlineData("CLF", 12345, "1.2345")]
    [InlineData("EUR", 0, "0.00")]
    [InlineData("EUR", 9007199254740992, "90071992547409.92")]
    public void Minor_units_have_the_decimals_of_their_currency(string currency, long minorUnits, string amount) =>
        Currencies.Amount(currency, minorUnits).ToString(System.Globalization.CultureInfo.InvariantCulture).ShouldBe(amount);
}
