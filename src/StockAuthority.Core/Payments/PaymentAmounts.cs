namespace StockAuthority.Core.Payments;

/// <summary>A payment's money, as far as its events say, in its currency.</summary>
/// <param name="Authorized">The largest amount that was authorized at once.</param>
/// <param name="Captured">What was captured and is not known to have failed; captures without an amount do not count.</param>
/// <param name="Refunded">What was refunded and is not known to have failed; refunds without an amount do not count.</param>
public sealed record PaymentAmounts(Money? Authorized, Money? Captured, Money? Refunded)
{
    public static PaymentAmounts Of(Payment payment)
    {
        var counting = payment.InItsCurrency();
        return new PaymentAmounts(
            counting.Facts.Where(fact => fact is { Type: PaymentEventType.AuthCreated, Amount: not null }).MaxBy(fact => fact.Amount!.MinorUnits)?.Amount,
            Sum(PaymentStanding.LiveCaptures(counting)),
            Sum(PaymentStanding.LiveRefunds(counting)));
    }

    private static Money? Sum(IEnumerable<PaymentFact> facts)
    {
        Money[] amounts = [.. facts.Select(fact => fact.Amount).OfType<Money>()];
        return amounts.Length == 0 ? null : new Money(amounts[0].Currency, amounts.Sum(amount => amount.MinorUnits));
    }
}
