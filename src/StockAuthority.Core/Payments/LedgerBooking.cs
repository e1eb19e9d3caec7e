using System.Collections.Immutable;

namespace StockAuthority.Core.Payments;

/// <summary>
/// What has to be booked for a payment: the difference between what its facts come to and what was booked for them. So a fact is
/// booked once, however many events report it, and every order of arrival comes to the same amounts: what failed before it was
/// known to have been taken is booked neither way.
/// </summary>
internal static class LedgerBooking
{
    /// <summary>What is undone by what; a fact of any other type is booked for itself.</summary>
    private static readonly ImmutableArray<(PaymentEventType Done, PaymentEventType Undone)> Reversals =
    [
        (PaymentEventType.CaptureSucceeded, PaymentEventType.CaptureFailed),
        (PaymentEventType.RefundPosted, PaymentEventType.RefundFailed),
    ];

    /// <summary>The payment with what is booked now, and what that is.</summary>
    /// <param name="payment">With all of its facts; those in another currency than its own are not booked.</param>
    /// <param name="eventId">The event that is decided.</param>
    /// <param name="matrices">The first that books anything for a type of event counts for it: the money of a payment is not told apart by SKU.</param>
    public static (Payment Payment, ImmutableArray<LedgerIntent> Intents) Book(Payment payment, PaymentEventId eventId, OrderMatrices matrices)
    {
        var facts = payment.Facts.ToBuilder();
        var intents = ImmutableArray.CreateBuilder<LedgerIntent>();
        ImmutableArray<PaymentFact> counting = payment.InItsCurrency().Facts;
        foreach (var (done, undone) in Reversals)
        {
            foreach (var modification in counting.Where(fact => fact.Type == done).Select(fact => fact.ModificationRef).Distinct().ToArray())
            {
                var fact = counting.First(each => each.Type == done && each.ModificationRef == modification);
                var reversal = counting.FirstOrDefault(each => each.Type == undone && each.ModificationRef == modification);
                Settle(fact, reversal, reversal is null || reversal.OccurredAt < fact.OccurredAt ? fact.Amount?.MinorUnits : 0);
            }
        }

        SettleExposure();
        foreach (var fact in counting.Where(each => each.Type is PaymentEventType.SettlementConfirmed
            or PaymentEventType.ChargebackOpened or PaymentEventType.ChargebackWon or PaymentEventType.ChargebackLost))
        {
            Settle(fact, null, fact.Amount?.MinorUnits);
        }

        return (payment with { Facts = facts.ToImmutable() }, intents.ToImmutable());

        // The largest amount that was authorized at once, less what was given back of it.
        void SettleExposure()
        {
            var authorized = counting.Where(fact => fact.Type == PaymentEventType.AuthCreated).OrderByDescending(fact => fact.Amount?.MinorUnits ?? -1).FirstOrDefault();
            if (authorized is null)
            {
                return;
            }

            // What is booked for other authorizations of the payment counts too: it is one exposure.
            ImmutableArray<PaymentFact> voids = [.. counting.Where(fact => fact.Type == PaymentEventType.AuthVoided)];
            var remaining = voids.Any(fact => fact.FullAmount) ? 0
                : authorized.Amount is { } amount ? Math.Max(0, amount.MinorUnits - voids.Sum(fact => fact.Amount?.MinorUnits ?? 0)) : (long?)null;
            var others = counting.Where(fact => fact.Type is PaymentEventType.AuthCreated && fact != authorized).Sum(fact => Booked(fact) ?? 0)
                - voids.Skip(1).Sum(fact => Booked(fact) ?? 0);
            Settle(authorized, voids.FirstOrDefault(), remaining, others);
        }

        // Wanted is null where no amount is known. What is unknown is booked once, so that somebody asks for it.
        void Settle(PaymentFact fact, PaymentFact? reversal, long? wanted, long others = 0)
        {
            var isBooked = Booked(fact) is not null;
            var booked = (Booked(fact) ?? 0) - (reversal is null ? 0 : Booked(reversal) ?? 0) + others;
            if (wanted is null)
            {
                if (!isBooked)
                {
                    Write(fact, null, 0);
                }
            }
            else if (wanted > booked)
            {
                Write(fact, fact.Amount?.Currency, wanted.Value - booked);
            }
            else if (wanted < booked && reversal is not null)
            {
                Write(reversal, (fact.Amount ?? reversal.Amount)?.Currency, booked - wanted.Value);
            }
            else if (wanted == 0 && booked == 0 && isBooked && fact.Amount is null && reversal is not null && Booked(reversal) is null)
            {
                Write(reversal, null, 0);
            }
        }

        void Write(PaymentFact fact, string? currency, long minorUnits)
        {
            var action = matrices.All.Select(matrix => matrix.LedgerActionFor(fact.Type)).FirstOrDefault(each => each != LedgerAction.None);
            if (action == LedgerAction.None)
            {
                return;
            }

            var index = IndexOf(fact);
            facts[index] = facts[index] with { Booked = (facts[index].Booked ?? 0) + minorUnits };
            intents.Add(new LedgerIntent(
                action, payment.Id, fact.ModificationRef, payment.OrderRef, eventId, currency is null ? null : new Money(currency, minorUnits), fact.OccurredAt));
        }

        long? Booked(PaymentFact fact) => facts[IndexOf(fact)].Booked;

        int IndexOf(PaymentFact fact) => payment.Facts.IndexOf(fact);
    }
}
