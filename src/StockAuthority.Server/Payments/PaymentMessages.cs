using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Payments;

/// <summary>Writes resolutions as API messages.</summary>
internal static class PaymentMessages
{
    public static ApplyPaymentEventResponse Response(EventResolution resolution, AppliedDecision applied) => new()
    {
        Resolution = (Resolution)resolution.Kind,
        Reason = resolution.Reason,
        MissingFields = { resolution.MissingFields },
        OrderRef = resolution.OrderRef ?? "",
        Levels = { applied.Levels.Select(StockMessages.Level) },
        FirstSequence = applied.FirstSequence,
        LastSequence = applied.FirstSequence > 0 ? applied.LastSequence : 0,
    };
}
