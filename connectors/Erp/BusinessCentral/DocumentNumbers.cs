using StockAuthority.Connectors.Runtime.Journal;

namespace StockAuthority.Connectors.Erp.BusinessCentral;

/// <summary>
/// Origins as document numbers. A document number has 20 characters, upper case (Code[20]), and it is all that both ledgers can be asked for: so
/// movement/12 is <c>SAM12</c> and intent/12 is <c>SAI12</c>, SA being the tenant's prefix. One letter stands
/// before the digits, so no two origins of any two prefixes are the same number.
/// </summary>
internal static class DocumentNumbers
{
    private const int Longest = 20;

    public static string Of(string prefix, JournalEntry entry)
    {
        var (kind, number) = entry switch
        {
            JournalEntry.Goods => ('M', entry.Origin["movement/".Length..]),
            _ => ('I', entry.Origin["intent/".Length..]),
        };
        var document = $"{prefix}{kind}{number}";
        return document.Length <= Longest
            ? document
            : throw new BusinessCentralRefusalException(0, "DOCUMENT_NUMBER_TOO_LONG", $"{document} has more than {Longest} characters.");
    }
}
