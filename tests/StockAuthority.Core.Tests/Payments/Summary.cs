using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>Units of one key over the whole ledger, once by its level and once by its reservations.</summary>
internal sealed record Units(long Available, long Reserved, long Committed, long HeldByReservations, long CommittedByReservations);

/// <summary>The stock that an order's payments ended in.</summary>
internal sealed record Summary(Units Mugs, Units Teas)
{
    public static Summary Of(LedgerModel model) => new(Units(model, Shop.Mug), Units(model, Shop.Tea));

    private static Units Units(LedgerModel model, StockKey key)
    {
        var level = model.Level(key);
        return new Units(
            level.Available,
            level.Reserved,
            level.Committed,
            model.Reservations.Sum(reservation => reservation.Line(key)?.Reserved ?? 0),
            model.Reservations.Sum(reservation => reservation.Line(key)?.Committed ?? 0));
    }
}
