using Google.Protobuf.WellKnownTypes;
using StockAuthority.Client;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Samples.Checkout;

/// <summary>
/// Reserve, pay, commit. Each step's key is derived from the order, so a checkout that crashed simply runs the order
/// again: steps that were done answer as they did the first time.
/// </summary>
internal sealed class Checkout(StockAuthorityClient stock, PretendPayments payments)
{
    private static readonly TimeSpan TimeToPay = TimeSpan.FromMinutes(15);

    public async Task<string> PlaceAsync(Basket basket, CancellationToken cancellationToken)
    {
        switch (await ReserveAsync(basket, "reserve", cancellationToken))
        {
            case ReserveOutcome.Reserved reserved:
                Console.WriteLine($"{basket.OrderRef}: {reserved.Reservation.ReservationId} holds the basket until {reserved.Reservation.ExpireTime.ToDateTimeOffset():HH:mm:ss}{(reserved.IsReplay ? " (as it did before)" : "")}");
                return await PayAsync(basket, reserved.Reservation.ReservationId, cancellationToken);

            // The shopper chooses again; the smaller basket is a new intention, so its key is that of another step.
            case ReserveOutcome.InsufficientStock insufficient:
                return "sorry, " + string.Join("; ", insufficient.Lines.Select(line => $"only {line.Available} of {line.Requested} {line.Sku} are left"));

            // Same order, other basket: this sample's order numbers are typed in by people.
            case ReserveOutcome.KeyReused:
                return "this order number was used for another basket; take a new one";

            case ReserveOutcome.OrderAlreadyReserved already:
                return $"a payment already reserved other lines for this order ({already.ReservationId}); somebody has to look at it";

            // Nothing is charged while it is not known what is held. What may be held expires by itself.
            case ReserveOutcome.Unknown unknown:
                return $"stock does not answer ({unknown.Why.Message}); place the same order again in a moment";

            case ReserveOutcome.Refused refused:
                return $"not accepted: {refused.Why.Message}";

            case var outcome:
                throw new InvalidOperationException($"No case for {outcome}.");
        }
    }

    private async Task<string> PayAsync(Basket basket, string reservationId, CancellationToken cancellationToken)
    {
        if (await payments.PayAsync(basket.OrderRef))
        {
            return await CommitAsync(basket, reservationId, "commit", cancellationToken);
        }

        // Releasing is a courtesy to other shoppers: where it does not come through, the reservation expires.
        var release = new ReleaseRequest { ReservationId = reservationId, Lines = { basket.Lines } };
        var released = await stock.ReleaseAsync(IdempotencyKey.For(basket.OrderRef, "release"), release, cancellationToken);
        return released is ReleaseOutcome.Released ? "declined; the units are for sale again" : "declined; the units will be for sale again when the reservation expires";
    }

    private async Task<string> CommitAsync(Basket basket, string reservationId, string step, CancellationToken cancellationToken)
    {
        var commit = new CommitRequest { ReservationId = reservationId, Lines = { basket.Lines } };
        switch (await stock.CommitAsync(IdempotencyKey.For(basket.OrderRef, step), commit, cancellationToken))
        {
            case CommitOutcome.Committed committed:
                return $"confirmed, {reservationId} is {committed.Reservation.State}";

            // The shopper took longer than the reservation lasted: once more, if the units are still there.
            case CommitOutcome.ReservationFinal { State: ReservationState.Expired } when step == "commit":
                if (await ReserveAsync(basket, "reserve-late", cancellationToken) is ReserveOutcome.Reserved late)
                {
                    return await CommitAsync(basket, late.Reservation.ReservationId, "commit-late", cancellationToken);
                }

                await payments.RefundAsync(basket.OrderRef);
                return "sorry, it took too long and the last units are gone; your money is on its way back";

            // Paid, so the order stands. A real checkout keeps it in a queue that repeats this step, with this key, until it is known.
            case CommitOutcome.Unknown:
                return "paid; stock will be confirmed shortly (run the same order again)";

            // Somebody released or handed over this order meanwhile, or the request is wrong: for people, with the money safe.
            case var outcome:
                await payments.RefundAsync(basket.OrderRef);
                return $"not confirmed ({outcome}); your money is on its way back";
        }
    }

    private Task<ReserveOutcome> ReserveAsync(Basket basket, string step, CancellationToken cancellationToken) => stock.ReserveAsync(
        IdempotencyKey.For(basket.OrderRef, step),
        new ReserveRequest { OrderRef = basket.OrderRef, Lines = { basket.Lines }, Channel = "web", Ttl = TimeToPay.ToDuration() },
        cancellationToken);
}
