using System.Collections.Immutable;
using CsCheck;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Core.Tests.Inventory;

/// <summary>A command that can be about what earlier ones made, so it is completed when its turn comes.</summary>
internal sealed record Step(string Text, Func<LedgerModel, StockCommand?> Command)
{
    public override string ToString() => Text;
}

/// <summary>Sequences of every command, over few names so that they meet.</summary>
internal static class RandomCommands
{
    private static readonly Gen<StockKey> Keys = Gen.OneOf(Shop.Mug, Shop.Tea, Shop.MugInLyon);
    private static readonly Gen<string> Orders = Gen.OneOf("order-1", "order-2", "order-3");
    private static readonly Gen<string> Payments = Gen.OneOf("payment-1", "payment-2", "payment-3", "payment-4");

    private static readonly Gen<ImmutableArray<StockLine>> Lines =
        Gen.Select(Keys, Gen.Long[1, 5], (key, quantity) => new StockLine(key, quantity)).Array[1, 3]
            .Select(lines => lines.DistinctBy(line => line.Key).ToImmutableArray());

    private static readonly Gen<Step> Reserves = Gen.Select(Orders, Payments.Null(), Lines, Gen.Int[1, 90], (order, payment, lines, minutes) => new Step(
        $"Reserve {order} {payment} {Text(lines)} for {minutes} min",
        _ => new StockCommand.Reserve(order, payment, "web", lines, TimeSpan.FromMinutes(minutes))));

    private static readonly Gen<Step> Adjusts = Gen.Select(Lines, Gen.Bool, Gen.Enum<AdjustmentReason>(), (lines, isGain, reason) => new Step(
        $"Adjust {(isGain ? '+' : '-')}{Text(lines)} {reason}",
        _ => new StockCommand.Adjust("sheet-1", reason, [.. lines.Select(line => line with { Quantity = isGain ? 2 * line.Quantity : -line.Quantity })])));

    private static readonly Gen<Step> Counts = Gen.Select(Lines, Gen.Frequency((5, Gen.Const(0L)), (1, Gen.Const(1L))), (lines, behind) => new Step(
        $"Count {Text(lines)}{(behind > 0 ? " of an older version" : "")}",
        model => new StockCommand.SetLevels("count-1", [.. lines.Select(line => new CountedLine(line.Key, 2 * line.Quantity - 2, model.Level(line.Key).Version - behind))])));

    private static readonly Gen<Step> ReservationChanges = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 9], Gen.Int[1, 5], Gen.Bool, (kind, index, units, isFirstLine) => new Step(
        $"{(Change)kind} reservation {index} {units}{(isFirstLine ? " of its first line" : "")}",
        model => Of((Change)kind, model, index, units, isFirstLine)));

    private static readonly Gen<Step> Returns = Gen.Select(Lines, Gen.Int[0, 9].Nullable(), (lines, index) => new Step(
        $"Return {Text(lines)} of reservation {index}",
        model =>
        {
            var reservation = index is null || model.Reservations.Count == 0 ? null : model.Reservations.ElementAt(index.Value % model.Reservations.Count);
            return new StockCommand.ReceiveReturn(reservation?.OrderRef ?? "order-1", "return-1", lines, reservation?.Number);
        }));

    private static readonly Gen<Step> Inspections = Gen.Select(Lines, Gen.Enum<ReturnDisposition>().Where(each => each != ReturnDisposition.None), (lines, disposition) => new Step(
        $"Inspect {Text(lines)}: {disposition}",
        model => new StockCommand.InspectReturn(
            "return-1",
            null,
            [.. lines.Select(line => new InspectedLine(line.Key, Math.Max(1, Math.Min(line.Quantity, model.Level(line.Key).Inspection)), disposition))])));

    private static readonly Gen<Step> Dispatches = Gen.Select(Gen.Int[0, 5], Gen.Bool, Gen.OneOf("mug", "tea"), Gen.Long[1, 3], (id, isReturn, sku, units) => new Step(
        $"Dispatch transfer-{id} {units} {sku} {(isReturn ? "to Berlin" : "to Lyon")}",
        _ => new StockCommand.DispatchTransfer(
            $"transfer-{id}",
            isReturn ? "lyon" : "berlin",
            isReturn ? "berlin" : "lyon",
            [new TransferLine(sku, units)])));

    private static readonly Gen<Step> Arrivals = Gen.Select(Gen.Int[0, 5], Gen.Bool, Gen.OneOf("mug", "tea"), Gen.Long[0, 3], Gen.Long[0, 1], (id, isReturn, sku, units, lost) => new Step(
        $"Receive {units} {sku} of transfer-{id} {(isReturn ? "in Berlin" : "in Lyon")}, {lost} lost",
        _ => units + lost == 0
            ? null
            : new StockCommand.ReceiveTransfer($"transfer-{id}", isReturn ? "berlin" : "lyon", [new ArrivedLine(sku, units, lost)])));

    private static readonly Gen<Step> Waits = Gen.Int[1, 45].Select(minutes => new Step($"wait {minutes} min", model =>
    {
        model.Advance(TimeSpan.FromMinutes(minutes));
        return null;
    }));

    private static readonly Gen<Step> Events = Gen.Select(
        Gen.Int[0, 12],
        Gen.Enum<PaymentEventType>(),
        Payments,
        Orders.Null(),
        Gen.Frequency((2, Gen.Const(ImmutableArray<StockLine>.Empty)), (1, Lines)),
        Gen.Int[-30, 30],
        Gen.Int[0, 3],
        (id, type, payment, order, lines, minute, oddity) => new Step(
            $"{type} event-{id} {payment} {order} {Text(lines)} at {minute} oddity {oddity}",
            model => new StockCommand.ApplyPaymentEvent(new PaymentEvent(
                new PaymentEventId("stripe", "account-1", $"event-{id}"),
                type,
                oddity == 3 && minute > 20 ? null : payment,
                $"change-{oddity}",
                order,
                lines,
                FullAmount: oddity != 2,
                model.Now.AddMinutes(minute),
                oddity == 1 ? ["lines"] : []))));

    public static Gen<Step[]> Of(int most) =>
        Gen.Frequency((4, (IGen<Step>)Reserves), (4, Adjusts), (2, Counts), (2, Returns), (2, Inspections), (2, Dispatches), (3, Arrivals), (6, ReservationChanges), (2, Waits), (8, Events)).Array[1, most];

    private static StockCommand? Of(Change change, LedgerModel model, int index, long units, bool isFirstLine)
    {
        var reservation = model.Reservations.Count == 0 ? null : model.Reservations.ElementAt(index % model.Reservations.Count);
        var number = reservation?.Number ?? 404;
        ImmutableArray<StockLine> lines =
        [
            .. reservation?.Lines.Take(isFirstLine ? 1 : 3).Select(line => new StockLine(line.Key, Math.Min(units, line.Quantity)))
                ?? [new StockLine(Shop.Mug, units)],
        ];
        return change switch
        {
            Change.Commit => new StockCommand.Commit(number, lines),
            Change.Release => new StockCommand.Release(number, lines),
            Change.Extend => new StockCommand.Extend(number, TimeSpan.FromMinutes(15 * units)),
            Change.Fulfill => new StockCommand.Fulfill(number, lines),
            _ => new StockCommand.Expire(number),
        };
    }

    private static string Text(ImmutableArray<StockLine> lines) =>
        $"[{string.Join(' ', lines.Select(line => $"{line.Quantity} {line.Key.Sku}@{line.Key.LocationId}"))}]";

    private enum Change
    {
        Commit,
        Release,
        Fulfill,
        Expire,
        Extend,
    }
}
