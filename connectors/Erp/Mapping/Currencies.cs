using System.Collections.Frozen;

namespace StockAuthority.Connectors.Erp.Mapping;

/// <summary>How many decimals a currency's minor unit is (ISO 4217, table A.1).</summary>
internal static class Currencies
{
    private static readonly FrozenDictionary<string, int> Decimals = new (int Digits, string Codes)[]
    {
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    }.SelectMany(each => each.Codes.Split(' ').Select(code => (Code: code, each.Digits))).ToFrozenDictionary(each => each.Code, each => each.Digits, StringComparer.Ordinal);

    /// <summary>The amount in the currency's major unit, with all of its decimals: 1250 are 12.50 EUR, 1250 JPY and 1.250 KWD.</summary>
    public static decimal Amount(string currency, long minorUnits)
    {
        var digits = Decimals.GetValueOrDefault(currency, 2);
        return new decimal((int)(minorUnits & 0xFFFFFFFF), (int)(minorUnits >> 32), 0, isNegative: false, (byte)digits);
    }
}
