using System.Collections.Immutable;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Payments;

/// <summary>What an order is for, as far as anyone has said: the checkout, or else all of its payments together.</summary>
internal sealed class OrderDemand
{
    private readonly ImmutableArray<StockLine> _original;
    private readonly ImmutableArray<Reservation> _counted;
    private readonly ImmutableArray<Reservation> _withdrawable;

    public OrderDemand(ImmutableArray<Reservation> reservations, ImmutableArray<Payment> payments)
    {
        var isRegistered = reservations.Any(reservation => reservation.Origin == ReservationOrigin.Checkout);
        _counted =
        [
            .. reservations.Where(each => !isRegistered || (each.Origin == ReservationOrigin.Checkout && !IsSuperseded(each, reservations))),
        ];
        _original = isRegistered
            ? StockLines.Sum(_counted.SelectMany(reservation => reservation.Lines).Select(line => new StockLine(line.Key, line.Quantity)))
            : payments.Aggregate(ImmutableArray<StockLine>.Empty, (lines, payment) => StockLines.Largest(lines, PaymentStanding.NamedLines(payment)));

        // A payment can have reserved again after the checkout's reservation had ended: who gives that up gives up the order's units.
        _withdrawable = [.. reservations.Where(each => _counted.Contains(each) || each.Number > _counted[^1].Number)];
        Lines = [.. _original.Select(line => line with { Quantity = Wanted(line.Key) }).Where(line => line.Quantity > 0)];
        Registered = isRegistered ? _original : null;
    }

    /// <summary>Whether any lines are known.</summary>
    public bool IsKnown => _original.Length > 0;

    /// <summary>What checkout said that the order is for; null where it said nothing.</summary>
    public ImmutableArray<StockLine>? Registered { get; }

    /// <summary>What the order still wants.</summary>
    public ImmutableArray<StockLine> Lines { get; }

    /// <summary>What the order was for at first: no payment can be for more.</summary>
    public long Original(StockKey key) => StockLines.Quantity(_original, key);

    /// <summary>What the order still wants: withdrawn units are gone for good.</summary>
    public long Wanted(StockKey key) => Original(key) - _withdrawable.Sum(reservation => reservation.Line(key)?.Withdrawn ?? 0);

    /// <summary>Whether all of it that is asked about was given up for good.</summary>
    public bool IsWithdrawn(Func<StockKey, bool> isAskedAbout)
    {
        // Not of what else was reserved: by an event in another currency, for one, which says nothing about what the order is for.
        ImmutableArray<StockKey> keys = [.. _original.Select(line => line.Key).Where(isAskedAbout)];
        return !keys.IsEmpty && keys.All(key => Wanted(key) <= 0);
    }

    /// <summary>A checkout that reserved again after its reservation had ended wants these units, not those and these.</summary>
    private static bool IsSuperseded(Reservation reservation, ImmutableArray<Reservation> all) =>
        reservation.State is ReservationState.Released or ReservationState.Expired
        && all.Any(later => later.Origin == ReservationOrigin.Checkout && later.Number > reservation.Number && later.CreatedAt >= reservation.ClosedAt);
}
