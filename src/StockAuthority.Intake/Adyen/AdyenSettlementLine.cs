using System.Collections.Frozen;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Intake.Dispatch;
using StockAuthority.Intake.Providers;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Adyen;

/// <summary>What a line of a settlement details report says: of type <c>Settled</c>, that the money of a payment arrived.</summary>
internal static class AdyenSettlementLine
{
    private const string LineType = "settlement_detail_report";

    // Reports give major units; everything else at Adyen, and here, is in minor ones (https://docs.adyen.com/development-resources/currency-codes).
    private static readonly FrozenSet<string> WithoutDecimals = "CVE DJF GNF IDR JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".Split(' ').ToFrozenSet(StringComparer.Ordinal);
    private static readonly FrozenSet<string> WithThreeDecimals = "BHD IQD JOD KWD LYD OMR TND".Split(' ').ToFrozenSet(StringComparer.Ordinal);

    public static PaymentEvent Translate(EventFields line, InboxRow row, AdyenAccount? account)
    {
        var id = line.Text("id");
        var type = line.Text("Type");
        if (line.Text("Merchant Account") != account?.MerchantAccount)
        {
            line.Report("Merchant Account", "is not this account's: its payments could be another tenant's", "");
        }

        var translated = new PaymentEvent { EventType = PaymentEventType.Unknown };
        if (type == "Settled")
        {
            var currency = line.Currency("Gross Currency");
            translated = new PaymentEvent
            {
                EventType = PaymentEventType.SettlementConfirmed,
                PaymentObjectId = line.Text("Psp Reference"),
                ModificationRef = id,
                ReportLine = id,
                Amount = new Money { Currency = currency, MinorUnits = MinorUnits(line, "Gross Credit (GC)", currency) },
            };
        }

        if (line.Problems.Count > 0)
        {
            return Translated.Unreadable(AdyenTranslation.Provider, row, id, LineType, line.Problems);
        }

        translated.ProviderEventId = id;
        translated.OccurTime = row.ReceivedAt.ToTimestamp();
        return Translated.Stamped(translated, AdyenTranslation.Provider, row, $"{LineType} {type}", line.Problems);
    }

    private static long MinorUnits(EventFields line, string name, string currency)
    {
        var text = line.Text(name);
        if (text.Length == 0 || currency.Length == 0)
        {
            return 0;
        }

        var scale = WithoutDecimals.Contains(currency) ? 1m : WithThreeDecimals.Contains(currency) ? 1000m : 100m;
        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var major)
            && major <= long.MaxValue / scale && major * scale % 1 == 0
                ? (long)(major * scale)
                : line.Report(name, "is not an amount of 0 or more in the currency's units", 0L);
    }
}
