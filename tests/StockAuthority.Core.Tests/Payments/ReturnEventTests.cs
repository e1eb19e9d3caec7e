using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>A return is one fact, whether a call reports it, an event, or both.</summary>
public sealed class ReturnEventTests
{
    private const string Document = "rma-1";

    private static readonly StockCommand.ReceiveReturn Call = new(Shop.Order, Document, [Shop.Mugs(2)], ReservationNumber: null);

    private readonly LedgerModel _ledger = new();

    public ReturnEventTests() => _ledger.Stock(Shop.Mugs(5));

    [Fact]
    public void A_reported_return_waits_for_its_inspection()
    {
        var resolution = _ledger.Apply(Returned("event-1"));

        (resolution.Kind, resolution.Reason, resolution.Moves).ShouldBe((ResolutionKind.Action, ResolutionReason.Returned, true));
        _ledger.Level(Shop.Mug).Inspection.ShouldBe(2);
        _ledger.Movements[^1].ShouldSatisfyAllConditions(
            movement => movement.Operation.ShouldBe(StockOperation.ReceiveReturn),
            movement => movement.DocumentRef.ShouldBe(Document),
            movement => movement.OrderRef.ShouldBe(Shop.Order));
    }

    [Fact]
    public void Reported_both_ways_it_is_one_return_whichever_comes_first()
    {
        _ledger.Run(Call);
        Reason(Returned("event-1")).ShouldBe(ResolutionReason.SameFact);
        Reason(Returned("event-2")).ShouldBe(ResolutionReason.SameFact);
        _ledger.Level(Shop.Mug).Inspection.ShouldBe(2);

        var other = Returned("event-3") with { ModificationRef = "rma-2" };
        Reason(other).ShouldBe(ResolutionReason.Returned);
        var decision = _ledger.Run(Call with { DocumentRef = "rma-2" });

        decision.Outcome.ShouldBe(new StockOutcome.Applied(null));
        decision.Movements.ShouldBeEmpty();
        _ledger.Level(Shop.Mug).Inspection.ShouldBe(4);
    }

    [Fact]
    public void Other_lines_under_the_same_document_are_for_people_to_look_at()
    {
        _ledger.Apply(Returned("event-1"));

        Reason(Returned("event-2").For(Shop.Mugs(1))).ShouldBe(ResolutionReason.LinesDiffer);
        _ledger.Run(Call with { Lines = [Shop.Mugs(1)] }).Outcome
            .ShouldBe(new StockOutcome.Refused(new Refusal.ReturnDiffers(Shop.Order, Document)));

        _ledger.Level(Shop.Mug).Inspection.ShouldBe(2);
    }

    [Fact]
    public void Without_its_order_and_lines_it_is_held() =>
        _ledger.Apply(Returned("event-1") with { OrderRef = null, Lines = [] }).MissingFields.ShouldBe(["order_ref", "lines"]);

    [Fact]
    public void A_further_delivery_is_counted()
    {
        _ledger.Apply(Returned("event-1"));

        Reason(Returned("event-1")).ShouldBe(ResolutionReason.DuplicateDelivery);
    }

    private string Reason(PaymentEvent paymentEvent) => _ledger.Apply(paymentEvent).Reason;

    private static PaymentEvent Returned(string id) =>
        Shop.Event(PaymentEventType.ReturnReceived, id: id).For(Shop.Mugs(2)) with { ModificationRef = Document };
}
