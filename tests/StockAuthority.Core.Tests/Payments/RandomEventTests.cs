using System.Collections.Immutable;
using CsCheck;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>Sets of events that nobody thought of, of two payments of one order, in two orders of arrival.</summary>
public sealed class RandomEventTests
{
    private static readonly ImmutableArray<StockLine> OrderLines = [Shop.Mugs(3), Shop.Teas(2)];

    /// <summary>With how many payments: a refund that releases leaves units committed while another payment holds the order.</summary>
    private static readonly Dictionary<string, (TriggerMatrices Matrix, int PaymentCount)> MatricesByName = new()
    {
        ["reserve on authorization"] = (Matrices.ReserveOnAuthorization, 3),
        ["release on refund"] = (Matrices.With(("refund-posted", InventoryAction.Release)), 1),
        ["deduct at settlement"] = (Matrices.DeductAtSettlement, 3),
        ["mixed classes"] = (Matrices.Mixed, 3),
        ["mixed classes, refunds differ"] = (Matrices.MixedRefunds, 1),
        ["mixed classes, reviews differ"] = (Matrices.FailedCapturesAndChargebacksDiffer, 3),
        ["reserve, and deduct at settlement"] = (Matrices.ReserveAndDeductAtSettlement, 3),
    };

    private static readonly Gen<ImmutableArray<StockLine>> Parts = Gen.OneOf<ImmutableArray<StockLine>>(
        [Shop.Mugs(1)],
        [Shop.Teas(1)],
        [Shop.Mugs(1), Shop.Teas(1)],
        []);

    /// <summary>Together no more than the order: money for more than there was to sell contradicts itself, and is held by whichever came last.</summary>
    private static readonly Gen<(string Modification, ImmutableArray<StockLine> Lines)> Captures = Gen.OneOf<(string, ImmutableArray<StockLine>)>(
        ("capture-a", [Shop.Mugs(1)]),
        ("capture-b", [Shop.Mugs(1), Shop.Teas(1)]),
        ("capture-c", [Shop.Teas(1)]),
        ("capture-d", []));

    private static readonly Gen<Func<int, PaymentEvent>> Kinds = Gen.Frequency<Func<int, PaymentEvent>>(
        (4, Gen.Const<Func<int, PaymentEvent>>(minute => Shop.Authorized(minute).For(OrderLines))),
        (2, Gen.Const<Func<int, PaymentEvent>>(Shop.Declined)),
        (2, Gen.Const<Func<int, PaymentEvent>>(Shop.Voided)),
        (2, Gen.Const<Func<int, PaymentEvent>>(minute => Shop.Captured(minute).For(OrderLines))),
        (3, Captures.Select<(string Modification, ImmutableArray<StockLine> Lines), Func<int, PaymentEvent>>(
            capture => minute => Shop.PartlyCaptured(capture.Modification, minute, capture.Lines).Again(minute))),
        (1, Parts.Select<ImmutableArray<StockLine>, Func<int, PaymentEvent>>(lines => minute => Shop.Refunded(minute).For(lines) with { FullAmount = false })),
        (1, Gen.Const<Func<int, PaymentEvent>>(Shop.Refunded)),
        (1, Gen.Const<Func<int, PaymentEvent>>(minute => Shop.Settled(minute) with { FullAmount = false })),
        (1, Gen.Const<Func<int, PaymentEvent>>(minute => Shop.Event(PaymentEventType.ChargebackOpened, minute))));

    public static TheoryData<string, bool> Cases() => new(
        from matrix in MatricesByName.Keys
        from isRegistered in (bool[])[false, true]
        select (matrix, isRegistered));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Two_orders_of_arrival_end_in_the_same_stock_and_the_same_open_exceptions(string matrixName, bool isRegistered)
    {
        var (matrix, paymentCount) = MatricesByName[matrixName];
        Gen.Select(Kinds, Gen.Int[0, 20], Gen.Int[1, paymentCount], (kind, minute, payment) => kind(minute).Of($"payment-{payment}"))
            .Array[1, 7]
            .Select(events => events.DistinctBy(each => each.Id).ToArray())
            .SelectMany(events => Gen.Select(Gen.Const(events), Gen.Shuffle(events)))
            .Sample((first, second) => Run(matrix, isRegistered, first).ShouldBe(Run(matrix, isRegistered, second)), iter: 1_500, print: Print);
    }

    private static (Summary Stock, string Holds) Run(TriggerMatrices matrix, bool isRegistered, PaymentEvent[] events)
    {
        var model = new LedgerModel(matrix);
        model.Stock(Shop.Mugs(10), Shop.Teas(10));
        if (isRegistered)
        {
            model.Reserve(OrderLines);
        }

        foreach (var paymentEvent in events)
        {
            model.Apply(paymentEvent);
        }

        var holds = model.Resolutions.Values.Where(each => each.Kind == ResolutionKind.Held).Select(each => each.Reason).Distinct().Order(StringComparer.Ordinal);
        return (Summary.Of(model), string.Join(", ", holds));
    }

    private static string Print((PaymentEvent[] First, PaymentEvent[] Second) orders) => $"""

        {string.Join(", ", orders.First.Select(Print))}
        {string.Join(", ", orders.Second.Select(Print))}
        """;

    private static string Print(PaymentEvent paymentEvent) =>
        $"{paymentEvent.Type}@{paymentEvent.OccurredAt.Minute} {paymentEvent.PaymentObjectId}{(paymentEvent.FullAmount ? "" : " part")}[{string.Join(' ', paymentEvent.Lines.Select(line => $"{line.Quantity} {line.Key.Sku}"))}]";
}
