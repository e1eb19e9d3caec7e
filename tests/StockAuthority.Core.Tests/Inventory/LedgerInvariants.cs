using Shouldly;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Core.Tests.Inventory;

/// <summary>What must hold after every command, worked out from the journal and the reservations alone.</summary>
internal static class LedgerInvariants
{
    private static readonly StockState[] Balances =
    [
        StockState.Available, StockState.Reserved, StockState.Committed, StockState.Inspection, StockState.Damaged, StockState.InTransit, StockState.Shortfall,
    ];

    private static readonly StockState[] Outsides = [StockState.Supply, StockState.Customer, StockState.WrittenOff, StockState.OtherLocation];

    public static void Check(LedgerModel model)
    {
        CheckJournal(model);
        foreach (var level in model.Levels)
        {
            CheckLevel(model, level);
        }

        foreach (var line in model.Reservations.SelectMany(reservation => reservation.Lines))
        {
            new[] { line.Reserved, line.Committed, line.Fulfilled, line.Released, line.Withdrawn }.All(units => units >= 0).ShouldBeTrue();
            line.Withdrawn.ShouldBeLessThanOrEqualTo(line.Released);
            line.Returned.ShouldBeInRange(0, line.Fulfilled);
            (line.Reserved + line.Committed + line.Fulfilled + line.Released).ShouldBe(line.Quantity);
        }

        foreach (var reservation in model.Reservations)
        {
            CheckReservation(model, reservation);
        }

        Outside(model.Movements, StockState.OtherLocation).ShouldBe(0, "what leaves one location enters another");
        foreach (var transfer in model.Transfers)
        {
            transfer.Lines.All(line => line.InTransit >= 0 && line.Received >= 0 && line.Lost >= 0).ShouldBeTrue();
            (transfer.ClosedAt is not null).ShouldBe(transfer.Lines.All(line => line.InTransit == 0));
        }
    }

    private static void CheckJournal(LedgerModel model)
    {
        model.Movements.Select(movement => movement.Sequence).ShouldBe(Enumerable.Range(1, model.Movements.Count).Select(number => (long)number));
        model.Movements.All(movement => movement.Quantity > 0 && movement.From != movement.To).ShouldBeTrue();
        var hash = MovementChain.Genesis;
        foreach (var movement in model.Movements)
        {
            hash = MovementChain.Next(hash, LedgerModel.TenantId, movement);
            movement.Hash.ShouldBe(hash);
        }
    }

    private static void CheckLevel(LedgerModel model, StockLevel level)
    {
        var movements = model.Movements.Where(movement => movement.Key == level.Key).ToList();
        foreach (var state in Balances)
        {
            var sum = movements.Sum(movement => (movement.To == state ? movement.Quantity : 0) - (movement.From == state ? movement.Quantity : 0));
            Balance(level, state).ShouldBe(state == StockState.Shortfall ? -sum : sum, $"{state} of {level.Key}");
            Balance(level, state).ShouldBeGreaterThanOrEqualTo(0);
        }

        if (level.Shortfall > 0)
        {
            level.Available.ShouldBe(0, "units are promised that are owed already");
        }

        level.Version.ShouldBe(movements.Count);
        level.Sequence.ShouldBe(movements[^1].Sequence);
        movements[^1].AvailableAfter.ShouldBe(level.Available);
        movements.Select(movement => movement.LevelVersion).ShouldBe(Enumerable.Range(1, movements.Count).Select(number => (long)number));
        var lines = model.Reservations.SelectMany(reservation => reservation.Lines).Where(line => line.Key == level.Key).ToList();
        level.Reserved.ShouldBe(lines.Sum(line => line.Reserved));
        level.Committed.ShouldBe(lines.Sum(line => line.Committed));
        level.InTransit.ShouldBe(model.Transfers.Where(transfer => transfer.ToLocationId == level.Key.LocationId).Sum(transfer => transfer.Line(level.Key.Sku)?.InTransit ?? 0));
        (level.OnHand + level.InTransit).ShouldBe(Outsides.Sum(outside => Outside(movements, outside)));
    }

    private static void CheckReservation(LedgerModel model, Reservation reservation)
    {
        reservation.IsFinal.ShouldBe(reservation.Lines.All(line => line.Reserved + line.Committed == 0));
        (reservation.ClosedAt is not null).ShouldBe(reservation.IsFinal);
        (reservation.State == ReservationState.Active).ShouldBe(reservation.Lines.Any(line => line.Reserved > 0));
        var first = model.Movements.First(movement => movement.ReservationNumber == reservation.Number);
        first.Sequence.ShouldBe(reservation.Number);
        first.Operation.ShouldBe(StockOperation.Reserve);
        first.OrderRef.ShouldBe(reservation.OrderRef);
        foreach (var sku in reservation.Lines.GroupBy(line => line.Key.Sku))
        {
            model.Movements.Where(each => each.ReservationNumber == reservation.Number && each.Operation == StockOperation.ReceiveReturn && each.Key.Sku == sku.Key)
                .Sum(each => each.Quantity).ShouldBe(sku.Sum(line => line.Returned));
        }
    }

    private static long Outside(IEnumerable<Movement> movements, StockState outside) =>
        movements.Sum(movement => movement.From == outside ? movement.Quantity : movement.To == outside ? -movement.Quantity : 0);

    private static long Balance(StockLevel level, StockState state) => state switch
    {
        StockState.Available => level.Available,
        StockState.Reserved => level.Reserved,
        StockState.Committed => level.Committed,
        StockState.Inspection => level.Inspection,
        StockState.Damaged => level.Damaged,
        StockState.InTransit => level.InTransit,
        _ => level.Shortfall,
    };
}
