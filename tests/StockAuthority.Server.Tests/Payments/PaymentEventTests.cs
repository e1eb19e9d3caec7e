using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Tests.Inventory;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Payments;

/// <summary>Payment events over gRPC, on the real database.</summary>
public sealed class PaymentEventTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task Authorized_then_captured_reserves_then_commits()
    {
        var (sku, order, payment) = (await ledger.OpenAsync(10), New("order"), New("pi"));

        var authorized = await ApplyAsync(Event(PaymentEventType.AuthCreated, payment, order, sku, 2));
        (authorized.Resolution, authorized.Reason).ShouldBe((Resolution.Action, "RESERVED"));
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(2);
        var captured = await ApplyAsync(Event(PaymentEventType.CaptureSucceeded, payment, order, sku, 2));
        (captured.Resolution, captured.Reason).ShouldBe((Resolution.Action, "COMMITTED"));

        var level = await ledger.LevelAsync(sku);
        (level.Available, level.Reserved, level.Committed).ShouldBe((8, 0, 2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task A_batch_replayed_twice_in_any_order_ends_in_the_same_stock(int seed)
    {
        var (paid, voided) = (await ledger.OpenAsync(10), await ledger.OpenAsync(10));
        var (paidOrder, voidedOrder) = (New("order"), New("order"));
        var (paidPayment, voidedPayment) = (New("pi"), New("pi"));
        PaymentEvent[] events =
        [
            Event(PaymentEventType.AuthCreated, paidPayment, paidOrder, paid, 3, second: 1),
            Event(PaymentEventType.CaptureSucceeded, paidPayment, paidOrder, paid, 3, second: 2),
            Event(PaymentEventType.CaptureSucceeded, paidPayment, paidOrder, paid, 3, second: 3),
            Event(PaymentEventType.AuthCreated, voidedPayment, voidedOrder, voided, 4, second: 1),
            Event(PaymentEventType.AuthVoided, voidedPayment, voidedOrder, voided, 4, second: 5),
        ];
        var deliveries = events.Concat(events).ToArray();
        new Random(seed).Shuffle(deliveries);

        var answers = new List<ApplyPaymentEventResponse>();
        foreach (var delivery in deliveries)
        {
            answers.Add(await ApplyAsync(delivery));
        }

        var paidLevel = await ledger.LevelAsync(paid);
        (paidLevel.Available, paidLevel.Reserved, paidLevel.Committed).ShouldBe((7, 0, 3));
        var voidedLevel = await ledger.LevelAsync(voided);
        (voidedLevel.Available, voidedLevel.Reserved, voidedLevel.Committed).ShouldBe((10, 0, 0));
        answers.Count(answer => answer.Reason == "DUPLICATE_DELIVERY").ShouldBe(events.Length);
        foreach (var payment in (string[])[paidPayment, voidedPayment])
        {
            var recorded = await ListAsync(new ListPaymentEventsRequest { PaymentObjectId = payment });
            recorded.ShouldAllBe(each => each.Resolution != Resolution.Held && each.ExtraDeliveryCount == 1);
            recorded.Select(each => each.Event.ProviderEventId).ShouldBeUnique();
        }
    }

    [Fact]
    public async Task An_event_without_context_is_held_and_resolved_by_the_reserve_that_names_its_payment()
    {
        var (sku, payment) = (await ledger.OpenAsync(10), New("pi"));
        var captured = Event(PaymentEventType.CaptureSucceeded, payment);
        var held = await ApplyAsync(captured);
        (held.Resolution, held.Reason).ShouldBe((Resolution.Held, "MISSING_CONTEXT"));
        held.MissingFields.ShouldBe(["order_ref", "lines"]);
        (await ListAsync(new ListPaymentEventsRequest { Resolution = Resolution.Held, PaymentObjectId = payment })).ShouldHaveSingleItem();

        var request = Reserve(sku, 2);
        request.PaymentObjectId = payment;
        var reserved = await ledger.Inventory.ReserveAsync(request);

        reserved.Reservation.State.ShouldBe(ReservationState.Committed);
        (await ledger.LevelAsync(sku)).Committed.ShouldBe(2);
        var recorded = (await ListAsync(new ListPaymentEventsRequest { PaymentObjectId = payment })).ShouldHaveSingleItem();
        (recorded.Resolution, recorded.Reason, recorded.OrderRef, recorded.LastSequence).ShouldBe((Resolution.Action, "COMMITTED", request.OrderRef, reserved.Sequence));
        recorded.MatrixVersion.Length.ShouldBe(64);
    }

    [Fact]
    public async Task A_failed_attempt_does_not_take_what_the_paid_one_holds()
    {
        var (sku, order, failed, paid) = (await ledger.OpenAsync(5), New("order"), New("pi"), New("pi"));
        await ApplyAsync(Event(PaymentEventType.AuthCreated, failed, order, sku, 1));
        await ApplyAsync(Event(PaymentEventType.AuthCreated, paid, order, sku, 1));
        await ApplyAsync(Event(PaymentEventType.AuthVoided, failed, order, sku, 1));
        (await ledger.LevelAsync(sku)).Reserved.ShouldBe(1);
        await ApplyAsync(Event(PaymentEventType.CaptureSucceeded, paid, order, sku, 1));
        (await ledger.LevelAsync(sku)).Committed.ShouldBe(1);
    }

    [Fact]
    public async Task Paid_but_nothing_left_is_held_and_moves_nothing()
    {
        var sku = await ledger.OpenAsync(1);
        var answer = await ApplyAsync(Event(PaymentEventType.CaptureSucceeded, New("pi"), New("order"), sku, 2));
        (answer.Resolution, answer.Reason).ShouldBe((Resolution.Held, "PAID_NOT_AVAILABLE"));
        (await ledger.LevelAsync(sku)).Available.ShouldBe(1);
    }

    [Fact]
    public async Task A_refund_never_restocks()
    {
        var (sku, order, payment) = (await ledger.OpenAsync(10), New("order"), New("pi"));
        await ApplyAsync(Event(PaymentEventType.CaptureSucceeded, payment, order, sku, 2));
        var refund = await ApplyAsync(Event(PaymentEventType.RefundPosted, payment, order, sku, 2));
        (refund.Resolution, refund.Reason).ShouldBe((Resolution.Held, "REFUND_REVIEW"));
        (await ledger.LevelAsync(sku)).Committed.ShouldBe(2);
    }

    [Fact]
    public async Task Unknown_types_unknown_locations_and_unreadable_payloads_are_recorded_as_what_they_are()
    {
        var unknown = await ApplyAsync(Event(PaymentEventType.Unknown, New("pi")));
        (unknown.Resolution, unknown.Reason).ShouldBe((Resolution.NoOp, "UNKNOWN_EVENT_TYPE"));

        var unreadable = Event(PaymentEventType.Unreadable, "");
        unreadable.OccurTime = null;
        var held = await ApplyAsync(unreadable);
        (held.Resolution, held.Reason).ShouldBe((Resolution.Held, "UNREADABLE_PAYLOAD"));

        var elsewhere = Event(PaymentEventType.AuthCreated, New("pi"), New("order"), "sku", 1);
        elsewhere.Lines[0].LocationId = "nowhere";
        held = await ApplyAsync(elsewhere);
        (held.Resolution, held.Reason).ShouldBe((Resolution.Held, "UNKNOWN_LOCATION"));
    }

    [Fact]
    public async Task A_retry_of_a_delivery_gets_its_answer_again()
    {
        var sku = await ledger.OpenAsync(10);
        var request = new ApplyPaymentEventRequest
        {
            TenantId = Tenant,
            IdempotencyKey = New("delivery"),
            Event = Event(PaymentEventType.AuthCreated, New("pi"), New("order"), sku, 1),
        };
        var first = await ledger.Payments.ApplyPaymentEventAsync(request);
        (await ledger.Payments.ApplyPaymentEventAsync(request)).ShouldBe(first);
        (await ListAsync(new ListPaymentEventsRequest { PaymentObjectId = request.Event.PaymentObjectId })).ShouldHaveSingleItem().ExtraDeliveryCount.ShouldBe(0);
    }

    [Fact]
    public async Task An_event_without_what_every_event_has_is_refused()
    {
        var (code, info, status) = await RefusalAsync(ledger.Payments.ApplyPaymentEventAsync(new ApplyPaymentEventRequest { TenantId = Tenant, Event = new PaymentEvent() }));
        (code, info.Reason).ShouldBe((StatusCode.InvalidArgument, "MISSING_FIELD"));
        status.GetDetail<Google.Rpc.BadRequest>()!.FieldViolations.Select(each => each.Field).ShouldBe(
            ["idempotency_key", "event.event_type", "event.schema_version", "event.occur_time", "event.provider", "event.account", "event.provider_event_id"],
            ignoreOrder: true);
    }

    private static PaymentEvent Event(PaymentEventType type, string payment, string order = "", string sku = "", long quantity = 0, int second = 0)
    {
        var paymentEvent = new PaymentEvent
        {
            EventType = type,
            Provider = "stripe",
            Account = "test",
            ProviderEventId = New("evt"),
            PaymentObjectId = payment,
            ModificationRef = type is PaymentEventType.CaptureSucceeded or PaymentEventType.RefundPosted ? payment + ":full" : payment,
            OrderRef = order,
            FullAmount = true,
            OccurTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000 + second)),
            SchemaVersion = 1,
        };
        if (quantity > 0)
        {
            paymentEvent.Lines.Add(Line(sku, quantity));
        }

        return paymentEvent;
    }

    private async Task<ApplyPaymentEventResponse> ApplyAsync(PaymentEvent paymentEvent) => await ledger.Payments.ApplyPaymentEventAsync(
        new ApplyPaymentEventRequest { TenantId = Tenant, IdempotencyKey = New("delivery"), Event = paymentEvent });

    private async Task<IReadOnlyList<RecordedPaymentEvent>> ListAsync(ListPaymentEventsRequest request)
    {
        request.TenantId = Tenant;
        return (await ledger.Payments.ListPaymentEventsAsync(request)).PaymentEvents;
    }
}
