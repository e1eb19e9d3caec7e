using Google.Protobuf.WellKnownTypes;
using StockAuthority.Core.Inventory;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Inventory;
using Ledger = StockAuthority.Core.Payments;

namespace StockAuthority.Server.Payments;

/// <summary>Writes payments and resolutions as API messages.</summary>
internal static class PaymentMessages
{
    public static ApplyPaymentEventResponse Response(Ledger.EventResolution resolution, AppliedDecision applied) => new()
    {
        Resolution = (Resolution)resolution.Kind,
        Reason = resolution.Reason,
        MissingFields = { resolution.MissingFields },
        OrderRef = resolution.OrderRef ?? "",
        Levels = { applied.Levels.Select(StockMessages.Level) },
        FirstSequence = applied.FirstSequence,
        LastSequence = applied.FirstSequence > 0 ? applied.LastSequence : 0,
    };

    public static OrderState? State(Ledger.OrderState? state) => state is null ? null : new OrderState
    {
        PaymentStanding = state.Payment switch
        {
            Ledger.Standing.Unknown => PaymentStanding.None,
            Ledger.Standing.Ended => PaymentStanding.Ended,
            Ledger.Standing.Holding => PaymentStanding.Holding,
            Ledger.Standing.Committing => PaymentStanding.Committing,
            _ => throw new InvalidOperationException($"{state.Payment} is no standing."),
        },
        Reserved = state.Reserved,
        Committed = state.Committed,
        Fulfilled = state.Fulfilled,
    };

    /// <param name="latest">Where its order was after its latest decision.</param>
    public static Payment Payment(Ledger.Payment payment, OrderState? latest)
    {
        var amounts = Ledger.PaymentAmounts.Of(payment);
        return new Payment
        {
            Provider = payment.Id.Provider,
            Account = payment.Id.Account,
            PaymentObjectId = payment.Id.ObjectId,
            OrderRef = payment.OrderRef ?? "",
            Standing = latest?.PaymentStanding ?? PaymentStanding.Unspecified,
            Facts = { payment.Facts.OrderBy(fact => fact.OccurredAt).Select(Fact) },
            Lines = { (payment.Named?.Lines ?? []).Select(Line) },
            Authorized = Money(amounts.Authorized),
            Captured = Money(amounts.Captured),
            Refunded = Money(amounts.Refunded),
        };
    }

    private static PaymentFact Fact(Ledger.PaymentFact fact) => new()
    {
        EventType = (PaymentEventType)fact.Type,
        ModificationRef = fact.ModificationRef,
        OccurTime = fact.OccurredAt.ToTimestamp(),
        FullAmount = fact.FullAmount,
        Amount = Money(fact.Amount),
        Lines = { fact.Lines.Select(Line) },
    };

    private static Money? Money(Ledger.Money? money) => money is null ? null : new Money { Currency = money.Currency, MinorUnits = money.MinorUnits };

    private static StockAuthority.Inventory.V1.StockLine Line(StockLine line) =>
        new() { Sku = line.Key.Sku, LocationId = line.Key.LocationId, Quantity = line.Quantity };
}
