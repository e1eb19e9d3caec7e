using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>Finds the events that contradict what else is known of their payment, for people to investigate whatever stock they moved.</summary>
internal static class Contradictions
{
    /// <summary>The reason for which each of them is held.</summary>
    /// <param name="payments">The order's, with all of their facts.</param>
    /// <param name="reservations">The order's, as they are after the decision.</param>
    public static Dictionary<Candidate, string> Of(
        ImmutableArray<Payment> payments,
        ImmutableArray<Candidate> candidates,
        Candidate? current,
        ImmutableArray<Reservation> reservations)
    {
        var reasons = payments
            .SelectMany(payment => InOtherCurrency(payment, [.. candidates.Where(candidate => candidate.Payment.Id == payment.Id)], current))
            .ToDictionary(candidate => candidate, _ => ResolutionReason.CurrencyMismatch);

        foreach (var candidate in candidates.Where(candidate => !candidate.IsSameFact && IsReversal(candidate)))
        {
            reasons.TryAdd(candidate, reservations.Any(reservation => reservation.Lines.Any(line => line.Fulfilled > 0))
                ? ResolutionReason.ReversedAfterFulfilment
                : ResolutionReason.CaptureReversed);
        }

        return reasons;
    }

    /// <summary>
    /// Those in another currency than the payment's. Where they were judged before the payment's currency was known, the event that
    /// showed it stands for them.
    /// </summary>
    private static IEnumerable<Candidate> InOtherCurrency(Payment payment, ImmutableArray<Candidate> ofPayment, Candidate? current)
    {
        if (payment.InItsCurrency().Facts.Length == payment.Facts.Length)
        {
            return [];
        }

        ImmutableArray<Candidate> others =
            [.. ofPayment.Where(each => each.Event.Currency is { } currency && Payment.HasPaymentsCurrency(each.Event.Type) && currency != payment.Currency)];
        return !others.IsEmpty ? others
            : ofPayment.FirstOrDefault(each => each.Event.Judged?.Reason == ResolutionReason.CurrencyMismatch) is { } known ? [known]
            : ofPayment.Where(each => each == current && !each.IsSameFact);
    }

    private static bool IsReversal(Candidate candidate) =>
        candidate.Event.Type == PaymentEventType.CaptureFailed
        && PaymentStanding.IsReversed(candidate.Payment, candidate.Event.ModificationRef);
}
