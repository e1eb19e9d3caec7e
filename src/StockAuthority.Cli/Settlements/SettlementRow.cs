using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using StockAuthority.Payments.V1;

namespace StockAuthority.Cli.Settlements;

/// <summary>A line of a settlement report: the money of a payment arrived.</summary>
/// <param name="Line">Its line in the file, from 1.</param>
/// <param name="Reference">The line's name in the report.</param>
/// <param name="MinorUnits">In the currency's minor unit.</param>
internal sealed record SettlementRow(long Line, string Reference, string PaymentObjectId, string Currency, long MinorUnits, DateTimeOffset SettledAt, string OrderRef)
{
    public string Amount => MinorUnits.ToString(CultureInfo.InvariantCulture);

    /// <summary>The same event whenever the same line of the same report is sent.</summary>
    public PaymentEvent Event(SettlementReport report)
    {
        var reportLine = $"{report.Name}:{Reference}";
        return new PaymentEvent
        {
            EventType = PaymentEventType.SettlementConfirmed,
            Provider = report.Provider,
            Account = report.Account,
            ProviderEventId = $"settlement:{reportLine}",
            ProviderEventType = "settlement_report",
            PaymentObjectId = PaymentObjectId,
            ModificationRef = reportLine,
            ReportLine = reportLine,
            OrderRef = OrderRef,
            Amount = new Money { Currency = Currency, MinorUnits = MinorUnits },
            OccurTime = SettledAt.ToTimestamp(),
            SchemaVersion = 2,
        };
    }
}

/// <summary>Whose settlement it is, and the name by which its lines are known.</summary>
internal sealed record SettlementReport(string Name, string Provider, string Account);
