using System.Collections.Immutable;
using Shouldly;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using Xunit;

namespace StockAuthority.Core.Tests.Payments;

/// <summary>Every order of arrival, with duplicates and replays, ends in the same stock and the same open exceptions.</summary>
public sealed class EventPermutationTests
{
    /// <summary>An upper bound that keeps the run short: above it, every n-th order is tried.</summary>
    private const int MaximumOrders = 240;

    public static TheoryData<string, Registration> Cases()
    {
        var cases = new TheoryData<string, Registration>();
        foreach (var scenario in Scenario.All)
        {
            foreach (var registration in scenario.Registrations)
            {
                cases.Add(scenario.Name, registration);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_order_of_arrival_ends_in_the_expected_stock(string name, Registration registration)
    {
        var scenario = Scenario.All.Single(each => each.Name == name);
        var events = registration.Prepare(scenario.Events);
        var orders = Permutations.Of(events.Length).ToList();
        var step = Math.Max(1, orders.Count / MaximumOrders);
        for (var index = 0; index < orders.Count; index += step)
        {
            ImmutableArray<PaymentEvent> arrival = [.. orders[index].Select(position => events[position])];
            var order = $"{name}, {registration}, order {index}: {string.Join(", ", arrival.Select(each => each.Id.EventId))}";

            var model = Deliver(scenario, registration, arrival, new Random(index), order);

            Summary.Of(model).ShouldBe(scenario.Expected, order);
            model.Resolutions.Keys.ShouldBe(events.Select(each => each.Id), ignoreOrder: true, order);
            model.Resolutions.Values.Where(each => each.Kind == ResolutionKind.Held).Select(each => each.Reason)
                .ShouldBe(scenario.Holds, ignoreOrder: true, order);
        }
    }

    private static LedgerModel Deliver(
        Scenario scenario,
        Registration registration,
        ImmutableArray<PaymentEvent> arrival,
        Random random,
        string order)
    {
        var model = new LedgerModel(scenario.Matrix);
        model.Stock(Shop.Mugs(10), Shop.Teas(10));
        if (registration.IsBefore())
        {
            model.Run(registration.Reserve(Scenario.Lines));
        }

        var delivered = new HashSet<PaymentEventId>();
        foreach (var position in Enumerable.Range(0, arrival.Length))
        {
            Deliver(model, arrival[position], delivered, order);
            if (random.Next(3) == 0)
            {
                Deliver(model, arrival[random.Next(position + 1)], delivered, order);
            }
        }

        if (registration.IsAfter())
        {
            model.Run(registration.Reserve(Scenario.Lines));
        }

        foreach (var paymentEvent in arrival)
        {
            Deliver(model, paymentEvent, delivered, order);
        }

        return model;
    }

    private static void Deliver(LedgerModel model, PaymentEvent paymentEvent, HashSet<PaymentEventId> delivered, string order)
    {
        var decision = model.Run(new StockCommand.ApplyPaymentEvent(paymentEvent));

        var resolution = decision.Outcome.ShouldBeOfType<StockOutcome.Resolved>(order).Resolution;
        resolution.EventId.ShouldBe(paymentEvent.Id, order);
        decision.EventResolutions.Select(each => each.EventId).ShouldBeUnique(order);
        decision.EventResolutions.Count(each => each.Moves).ShouldBeLessThanOrEqualTo(Math.Max(1, decision.Movements.Length), order);
        if (delivered.Add(paymentEvent.Id))
        {
            decision.ExtraDelivery.ShouldBeNull(order);
            decision.EventResolutions.ShouldContain(resolution, order);
        }
        else
        {
            decision.ExtraDelivery.ShouldBe(paymentEvent.Id, order);
            resolution.Reason.ShouldBe(ResolutionReason.DuplicateDelivery, order);
            decision.EventResolutions.ShouldBeEmpty(order);
            decision.Movements.ShouldBeEmpty(order);
        }
    }
}
