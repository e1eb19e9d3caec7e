using Shouldly;
using StockAuthority.Connectors.Erp.BusinessCentral;
using StockAuthority.Connectors.Runtime.Journal;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using Xunit;

namespace StockAuthority.Connectors.Erp.Tests.BusinessCentral;

public sealed class DocumentNumbersTests
{
    [Theory]
    [InlineData("SA", 12, "SAM12")]
    [InlineData("Z", 999_999_999_999_999, "ZM999999999999999")]
    [InlineData("ABCD", 999_999_999_999_999, "ABCDM999999999999999")]
    public void A_movement_is_a_document_number_of_at_most_20_characters(string prefix, long sequence, string number) =>
        DocumentNumbers.Of(prefix, new JournalEntry.Goods(new Movement { Sequence = sequence })).ShouldBe(number);

    [Fact]
    public void A_ledger_action_has_another_letter() =>
        DocumentNumbers.Of("SA", new JournalEntry.Ledger(new PostingIntent { Origin = "intent/12" })).ShouldBe("SAI12");

    [Fact]
    public void What_does_not_fit_is_refused() =>
        Should.Throw<BusinessCentralRefusalException>(() => DocumentNumbers.Of("ABCD", new JournalEntry.Goods(new Movement { Sequence = 1_000_000_000_000_000 })))
            .Code.ShouldBe("DOCUMENT_NUMBER_TOO_LONG");
}
