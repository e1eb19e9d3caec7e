using System.Collections.Immutable;
using CsCheck;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using StockAuthority.Core.Tests.Inventory;
using Xunit;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>Long random histories of several payments, delivered in two orders, with duplicates, in batches. A failure prints its seed.</summary>
public sealed class LongHistoryTests
{
    private static readonly ImmutableArray<StockLine> OrderLines = [Shop.Mugs(2), Shop.Teas(1)];

    private static readonly Gen<PaymentEvent> Events = Gen.Select(Gen.Int[0, 12], Gen.Int[0, 30], Gen.Int[1, 3], (kind, minute, payment) => (kind switch
    {
        0 or 1 => Shop.Authorized(minute).For(OrderLines).Over(100),
        2 => Shop.Declined(minute),
        3 => Shop.Voided(minute),
        4 => Shop.Captured(minute).Over(100),
        5 => Shop.PartlyCaptured("capture-a", minute).Over(60).Again(minute),
        6 => Shop.PartlyCaptured("capture-b", minute).Over(40).Again(minute),
        7 => Failed("capture-a", minute),
        8 => Failed("capture-b", minute),
        9 => Failed($"{PaymentEventType.CaptureSucceeded}", minute),
        10 => (Shop.Refunded(minute) with { FullAmount = false, ModificationRef = $"refund-{minute % 2}" }).Over(50),
        11 => Shop.Event(PaymentEventType.RefundFailed, minute) with { ModificationRef = $"refund-{minute % 2}" },
        _ => Shop.Event(PaymentEventType.ChargebackOpened, minute),
    }).Of($"payment-{payment}"));

    private static readonly Gen<ImmutableArray<PaymentEvent>> Histories =
        Events.Array[6, 24].Select(events => events.DistinctBy(each => each.Id).ToImmutableArray());

    public static TheoryData<InventoryAction, bool> Cases() => new(
        from failedCapture in (InventoryAction[])[InventoryAction.Review, InventoryAction.Release]
        from isRegistered in (bool[])[false, true]
        select (failedCapture, isRegistered));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Two_deliveries_of_a_long_history_end_the_same(InventoryAction failedCapture, bool isRegistered)
    {
        var matrix = Matrices.With(("capture-failed", failedCapture));
        Histories.SelectMany(events => Gen.Select(Deliveries(events), Deliveries(events))).Sample(
            (first, second) => Deliver(matrix, isRegistered, first).ShouldBe(Deliver(matrix, isRegistered, second)),
            iter: 400,
            print: Print);
    }

    [Theory]
    [InlineData(nameof(Matrices.Mixed), false)]
    [InlineData(nameof(Matrices.Mixed), true)]
    [InlineData(nameof(Matrices.MixedRefunds), false)]
    [InlineData(nameof(Matrices.MixedRefunds), true)]
    [InlineData(nameof(Matrices.FailedCapturesAndChargebacksDiffer), false)]
    [InlineData(nameof(Matrices.FailedCapturesAndChargebacksDiffer), true)]
    public void And_of_an_order_whose_lines_follow_two_matrices(string matrixName, bool isRegistered)
    {
        var matrices = matrixName switch
        {
            nameof(Matrices.Mixed) => Matrices.Mixed,
            nameof(Matrices.MixedRefunds) => Matrices.MixedRefunds,
            _ => Matrices.FailedCapturesAndChargebacksDiffer,
        };
        Histories.SelectMany(events => Gen.Select(Deliveries(events), Deliveries(events))).Sample(
            (first, second) => Deliver(matrices, isRegistered, first).ShouldBe(Deliver(matrices, isRegistered, second)),
            iter: 200,
            print: Print);
    }

    /// <summary>Where stock runs out in between, what an order gets less than it would alone is an open exception.</summary>
    [Fact]
    public void An_order_that_gets_less_than_it_paid_for_is_an_exception() =>
        Gen.Select(Histories, Histories, Gen.Int[0, 3]).Sample(
            (mine, others, stock) =>
            {
                ImmutableArray<PaymentEvent> competing = [.. others.Select(each => each.Of("other") with { OrderRef = "order-2", PaymentObjectId = "other" })];
                var alone = Ledger(Matrices.ReserveOnAuthorization, 50);
                var scarce = Ledger(Matrices.ReserveOnAuthorization, stock);
                foreach (var index in Enumerable.Range(0, Math.Max(mine.Length, competing.Length)))
                {
                    foreach (var paymentEvent in (IEnumerable<PaymentEvent>)[.. competing.Skip(index).Take(1), .. mine.Skip(index).Take(1)])
                    {
                        scarce.Apply(paymentEvent);
                    }

                    foreach (var paymentEvent in mine.Skip(index).Take(1))
                    {
                        alone.Apply(paymentEvent);
                    }
                }

                LedgerInvariants.Check(scarce);
                var (has, wants) = (Units(scarce), Units(alone));
                has.Committed.ShouldBeLessThanOrEqualTo(wants.Committed);
                if (has != wants)
                {
                    scarce.Resolutions.Values.ShouldContain(each => each.OrderRef == Shop.Order
                        && each.Kind == ResolutionKind.Held
                        && (each.Reason == ResolutionReason.PaidNotAvailable || each.Reason == ResolutionReason.AuthorizedNotAvailable), $"{has} instead of {wants}: {EndState.Of(scarce)}");
                }
            },
            iter: 400,
            print: histories => $"{Print([histories.Item1])} against {Print([histories.Item2])} with {histories.Item3}");

    /// <summary>Each event once or twice, in any order, cut into batches.</summary>
    private static Gen<ImmutableArray<ImmutableArray<PaymentEvent>>> Deliveries(ImmutableArray<PaymentEvent> events) =>
        Gen.Select(Gen.Shuffle((PaymentEvent[])[.. events, .. events.Take(events.Length / 3)]), Gen.Int[1, 6].Array[40]).Select((order, sizes) =>
        {
            var batches = ImmutableArray.CreateBuilder<ImmutableArray<PaymentEvent>>();
            var taken = 0;
            foreach (var size in sizes.TakeWhile(_ => taken < order.Length))
            {
                batches.Add([.. order.Skip(taken).Take(size)]);
                taken += size;
            }

            return batches.ToImmutable();
        });

    private static EndState Deliver(TriggerMatrices matrix, bool isRegistered, ImmutableArray<ImmutableArray<PaymentEvent>> batches)
    {
        var ledger = Ledger(matrix, 50);
        if (isRegistered)
        {
            ledger.Reserve(OrderLines);
        }

        foreach (var batch in batches)
        {
            ledger.RunTogether(batch.Select(paymentEvent => new StockCommand.ApplyPaymentEvent(paymentEvent)));
        }

        LedgerInvariants.Check(ledger);
        return EndState.Of(ledger);
    }

    private static LedgerModel Ledger(TriggerMatrices matrix, long stock)
    {
        var ledger = new LedgerModel(matrix);
        ledger.Stock(Shop.Mugs(Math.Max(1, stock)), Shop.Teas(50));
        return ledger;
    }

    private static (long Reserved, long Committed) Units(LedgerModel ledger)
    {
        ImmutableArray<ReservationLine> lines = [.. ledger.Reservations.Where(each => each.OrderRef == Shop.Order).SelectMany(each => each.Lines)];
        return (lines.Sum(line => line.Reserved), lines.Sum(line => line.Committed));
    }

    private static PaymentEvent Failed(string modification, int minute) =>
        Shop.Event(PaymentEventType.CaptureFailed, minute, $"{modification}-failed-{minute}") with { ModificationRef = modification };

    private static string Print((ImmutableArray<ImmutableArray<PaymentEvent>> First, ImmutableArray<ImmutableArray<PaymentEvent>> Second) deliveries) => $"""

        {Print(deliveries.First)}
        {Print(deliveries.Second)}
        """;

    private static string Print(ImmutableArray<ImmutableArray<PaymentEvent>> batches) =>
        string.Join(" | ", batches.Select(batch => string.Join(", ", batch.Select(each => $"{each.Id.EventId}@{each.OccurredAt.Minute}"))));
}
