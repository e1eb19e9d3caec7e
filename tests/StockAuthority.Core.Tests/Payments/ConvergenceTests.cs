using System.Collections.Immutable;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using StockAuthority.Core.Tests.Inventory;
using Xunit;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>
/// Every history of a few deliveries from an alphabet: all that deliver the same events, in whatever order and how often,
/// must end the same. Histories are walked as a tree, so that each delivery is decided once for all that begin alike.
/// </summary>
public sealed class ConvergenceTests
{
    private static readonly ImmutableArray<StockLine> OrderLines = [Shop.Mugs(2), Shop.Teas(1)];

    private static readonly PaymentEvent Authorized = Shop.Authorized().For(OrderLines).Over(100);
    private static readonly PaymentEvent FirstPart = Shop.PartlyCaptured("capture-a", 3).Over(60);
    private static readonly PaymentEvent SecondPart = Shop.PartlyCaptured("capture-b", 4).Over(40);
    private static readonly PaymentEvent NamedPart = Shop.PartlyCaptured("capture-n", 4, Shop.Mugs(1)).Over(30);
    private static readonly PaymentEvent Whole = Shop.Captured(3).Over(100);
    private static readonly PaymentEvent PartFailed = Failed("capture-a", 6);
    private static readonly PaymentEvent WholeFailed = Failed(Whole.ModificationRef, 6);
    private static readonly PaymentEvent FirstRefund = Refund("refund-a", 9, 60);
    private static readonly PaymentEvent FirstRefundFailed = Shop.Event(PaymentEventType.RefundFailed, 12) with { ModificationRef = "refund-a" };

    /// <summary>How it went for one payment.</summary>
    private static readonly ImmutableArray<PaymentEvent> OnePayment =
    [
        Authorized,
        Shop.Voided(7),
        Shop.Declined(1),
        FirstPart,
        SecondPart,
        NamedPart,
        Whole,
        WholeFailed,
        PartFailed,
        Whole.Again(8),
        FirstRefund,
        Refund("refund-b", 10, 40),
        FirstRefundFailed,
        Shop.Captured(2).Over(100, "USD") with { ModificationRef = "capture-usd" },
        Shop.Settled(20).Over(100) with { FullAmount = false },
        Shop.Event(PaymentEventType.ChargebackOpened, 30),
    ];

    /// <summary>Two attempts to pay one order.</summary>
    private static readonly ImmutableArray<PaymentEvent> TwoPayments =
    [
        .. ((PaymentEvent[])[Authorized, Shop.Voided(7), NamedPart, Whole, WholeFailed, Shop.Refunded(9).Over(100)])
            .SelectMany(each => (PaymentEvent[])[each, each.Of("payment-2")]),
    ];

    /// <summary>What contradicts itself most, longer.</summary>
    private static readonly ImmutableArray<PaymentEvent> Reversals =
        [Authorized, FirstPart, SecondPart, PartFailed, FirstPart.Again(8), Shop.Voided(7), FirstRefund];

    /// <summary>What treats the classes of the order's lines differently, and names their lines together, one by one, or not at all.</summary>
    private static readonly ImmutableArray<PaymentEvent> TwoClasses =
    [
        Shop.Authorized().Over(100),
        Authorized.Again(2),
        NamedPart,
        Shop.PartlyCaptured("capture-t", 5, Shop.Teas(1)).Over(70),
        Whole,
        WholeFailed,
        Shop.Voided(7),
        Shop.Settled(20).Over(100),
        Shop.Refunded(9).Over(100),
        Shop.Captured(2).Over(100, "USD") with { ModificationRef = "capture-usd" },
        Shop.Event(PaymentEventType.ChargebackOpened, 30),
    ];

    private static readonly Dictionary<string, (ImmutableArray<PaymentEvent> Alphabet, int Length)> Alphabets = new()
    {
        ["one payment"] = (OnePayment, 4),
        ["two payments"] = (TwoPayments, 4),
        ["reversals"] = (Reversals, 5),
    };

    private static readonly Dictionary<string, TriggerMatrices> MatricesByName = new()
    {
        ["reserve on authorization"] = Matrices.ReserveOnAuthorization,
        ["a failed capture releases"] = Matrices.With(("capture-failed", InventoryAction.Release)),
        ["a refund releases"] = Matrices.With(("refund-posted", InventoryAction.Release), ("capture-failed", InventoryAction.Release)),
        ["deduct at settlement"] = Matrices.DeductAtSettlement,
    };

    /// <summary>Mugs follow one of two matrices and teas the other.</summary>
    private static readonly Dictionary<string, TriggerMatrices> MixedByName = new()
    {
        ["teas are deducted at settlement"] = Matrices.Mixed,
        ["refunded mugs are released"] = Matrices.MixedRefunds,
        ["failed captures and chargebacks differ"] = Matrices.FailedCapturesAndChargebacksDiffer,
    };

    public static TheoryData<string, string, bool> Cases() => new(
        from alphabet in Alphabets.Keys
        from matrix in MatricesByName.Keys
        from isRegistered in (bool[])[false, true]
        select (alphabet, matrix, isRegistered));

    public static TheoryData<string, bool> MixedCases() => new(
        from matrix in MixedByName.Keys
        from isRegistered in (bool[])[false, true]
        select (matrix, isRegistered));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_history_of_the_same_events_ends_the_same(string alphabetName, string matrixName, bool isRegistered) =>
        Walk(Alphabets[alphabetName].Alphabet, Alphabets[alphabetName].Length, MatricesByName[matrixName], isRegistered);

    [Theory]
    [MemberData(nameof(MixedCases))]
    public void And_so_does_every_history_of_an_order_whose_lines_follow_two_matrices(string matrixName, bool isRegistered) =>
        Walk(TwoClasses, 4, MixedByName[matrixName], isRegistered);

    private static void Walk(ImmutableArray<PaymentEvent> alphabet, int length, TriggerMatrices matrices, bool isRegistered)
    {
        var ledger = new LedgerModel(matrices);
        ledger.Stock(Shop.Mugs(50), Shop.Teas(50));
        if (isRegistered)
        {
            ledger.Reserve(OrderLines);
        }

        var ends = new Dictionary<string, (string History, EndState End)>();
        var histories = 0;
        Visit(ledger, []);
        histories.ShouldBeGreaterThan(alphabet.Length * alphabet.Length);

        void Visit(LedgerModel from, ImmutableArray<int> history)
        {
            if (history.Length > 0)
            {
                var end = EndState.Of(from);
                var told = string.Join(", ", history.Select(index => Name(alphabet[index])));
                var known = string.Join(',', history.Distinct().Order());
                if (!ends.TryAdd(known, (told, end)) && !ends[known].End.Equals(end))
                {
                    throw new ShouldAssertException($"""
                        These deliver the same events:
                        {ends[known].History}
                          ends in {ends[known].End}
                        {told}
                          ends in {end}
                        """);
                }

                histories++;
            }

            if (history.Length == length)
            {
                // All of them would take as long as everything else together.
                if (histories % 50 == 0)
                {
                    LedgerInvariants.Check(from);
                }

                return;
            }

            for (var index = 0; index < alphabet.Length; index++)
            {
                var next = from.Fork();
                next.Apply(alphabet[index]);
                Visit(next, history.Add(index));
            }
        }
    }

    private static string Name(PaymentEvent paymentEvent) =>
        $"{paymentEvent.Id.EventId}{(paymentEvent.FullAmount ? "" : " (part)")}";

    private static PaymentEvent Failed(string modification, int minute) =>
        Shop.Event(PaymentEventType.CaptureFailed, minute, $"{modification}-failed") with { ModificationRef = modification };

    private static PaymentEvent Refund(string modification, int minute, long minorUnits) =>
        (Shop.Refunded(minute) with { FullAmount = false, ModificationRef = modification }).Over(minorUnits);
}
