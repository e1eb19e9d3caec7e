using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Npgsql;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Tests.Inventory;
using StockAuthority.Testing;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Payments;

/// <summary>What is stored and shown of decisions, on the real database.</summary>
public sealed class PaymentDecisionTests(Ledger ledger) : IClassFixture<Ledger>
{
    [Fact]
    public async Task Amounts_outlive_the_batch_that_they_came_in()
    {
        var (sku, order, payment) = (await ledger.OpenAsync(10), New("order"), New("pi"));
        await ledger.Inventory.ReserveAsync(Reserve(sku, 2, order: order));
        await ApplyAsync(Event(PaymentEventType.AuthCreated, payment, order, 100, isFull: true));
        (await ApplyAsync(Event(PaymentEventType.CaptureSucceeded, payment, order, 60))).Reason.ShouldBe("PARTIAL_CAPTURE_WITHOUT_LINES");

        (await ApplyAsync(Event(PaymentEventType.CaptureSucceeded, payment, order, 40))).Reason.ShouldBe("COMMITTED");

        (await ledger.LevelAsync(sku)).Committed.ShouldBe(2);
        (await ApplyAsync(Event(PaymentEventType.CaptureSucceeded, payment, order, 1, "USD"))).Reason.ShouldBe("CURRENCY_MISMATCH");
        var known = (await GetAsync(payment)).Payment;
        (known.Authorized, known.Captured, known.Refunded, known.Standing, known.OrderRef).ShouldBe((Eur(100), Eur(100), null, PaymentStanding.Committing, order));
        known.Facts.Count.ShouldBe(4);
    }

    [Theory]
    [InlineData(-1, "EUR", "AMOUNT_OUT_OF_RANGE", "event.amount.minor_units")]
    [InlineData((1L << 53) + 1, "EUR", "AMOUNT_OUT_OF_RANGE", "event.amount.minor_units")]
    [InlineData(long.MaxValue, "EUR", "AMOUNT_OUT_OF_RANGE", "event.amount.minor_units")]
    [InlineData(1, "", "CURRENCY_INVALID", "event.amount.currency")]
    [InlineData(1, "EURO", "CURRENCY_INVALID", "event.amount.currency")]
    public async Task An_amount_that_cannot_be_is_refused_by_its_name(long minorUnits, string currency, string reason, string field)
    {
        var paymentEvent = Event(PaymentEventType.AuthCreated, New("pi"), New("order"), minorUnits, currency);

        var (code, info, _) = await RefusalAsync(ledger.Payments.ApplyPaymentEventAsync(Request(paymentEvent)));

        (code, info.Reason, info.Metadata["fields"]).ShouldBe((StatusCode.InvalidArgument, reason, field));
    }

    [Fact]
    public async Task A_decision_shows_where_the_order_was_and_is_its_movements_and_what_was_decided_before()
    {
        var (sku, order, payment) = (await ledger.OpenAsync(10), New("order"), New("pi"));
        await ledger.Inventory.ReserveAsync(Reserve(sku, 2, order: order));
        await ApplyAsync(Event(PaymentEventType.AuthCreated, payment, order, 100, isFull: true));
        var captured = Event(PaymentEventType.CaptureSucceeded, payment, order, 100);
        await ApplyAsync(captured);
        var failed = captured.Clone();
        (failed.EventType, failed.ProviderEventId, failed.OccurTime) = (PaymentEventType.CaptureFailed, New("evt"), After(captured, 60));
        (await ApplyAsync(failed)).Reason.ShouldBe("CAPTURE_REVERSED");
        (await ledger.LevelAsync(sku)).ShouldSatisfyAllConditions(level => level.Committed.ShouldBe(0), level => level.Reserved.ShouldBe(0), level => level.Available.ShouldBe(10));
        var again = captured.Clone();
        (again.ProviderEventId, again.OccurTime) = (New("evt"), After(captured, 120));
        await ApplyAsync(again);

        var events = (await GetAsync(payment)).Events;
        events.Select(each => each.Reason).ShouldBe(["ALREADY_THERE", "COMMITTED", "STALE", "COMMITTED"]);
        var commit = events[1];
        commit.PriorState.ShouldBe(new OrderState { PaymentStanding = PaymentStanding.Holding, Reserved = 2 });
        commit.ResultingState.ShouldBe(new OrderState { PaymentStanding = PaymentStanding.Committing, Committed = 2 });
        commit.Movements.Single().ShouldSatisfyAllConditions(
            movement => movement.Sequence.ShouldBe(commit.FirstSequence),
            movement => movement.ToState.ShouldBe(StockState.Committed),
            movement => movement.IdempotencyKey.ShouldBe(commit.IdempotencyKey));
        commit.MatrixVersion.Length.ShouldBe(64);

        // The reversal moved, and was mended: what it did stays known.
        var earlier = events[2].EarlierDecisions.ShouldHaveSingleItem();
        (earlier.DecisionNumber, earlier.Resolution, earlier.Reason).ShouldBe((1, Resolution.Held, "CAPTURE_REVERSED"));
        earlier.FirstSequence.ShouldBeGreaterThan(commit.LastSequence);
        earlier.ResultingState.ShouldBe(new OrderState { PaymentStanding = PaymentStanding.Ended });
        var listed = await ledger.Payments.ListPaymentEventsAsync(new ListPaymentEventsRequest { TenantId = Tenant, OrderRef = order });
        listed.PaymentEvents.ShouldBe(events);
    }

    [Fact]
    public async Task A_payment_that_nobody_has_is_not_found()
    {
        var (code, info, _) = await RefusalAsync(ledger.Payments.GetPaymentAsync(new GetPaymentRequest
        {
            TenantId = Tenant,
            Provider = "stripe",
            Account = "test",
            PaymentObjectId = New("pi"),
        }));

        (code, info.Reason).ShouldBe((StatusCode.NotFound, "PAYMENT_NOT_FOUND"));
    }

    [Fact]
    public async Task A_trace_has_all_of_an_order_in_order_of_time()
    {
        var (sku, order, payment) = (await ledger.OpenAsync(10), New("order"), New("pi"));
        var captured = Event(PaymentEventType.CaptureSucceeded, payment, order, 100, isFull: true);
        await ApplyAsync(captured);
        var reserved = await ledger.Inventory.ReserveAsync(Reserve(sku, 2, order: order));
        await ApplyAsync(captured);
        await ledger.Inventory.FulfillAsync(Fulfill(reserved.Reservation, Line(sku, 2)));
        await ledger.OpenAsync(1);

        var trace = await TraceAsync(order);

        trace.Select(Kind).ShouldBe(
            ["event", "decision MISSING_CONTEXT", "decision COMMITTED", "Reserve", "Commit", "delivery", "Fulfill"]);
        trace.Select(entry => entry.EntryTime.ToDateTimeOffset()).ShouldBeInOrder();
        trace.Where(entry => entry.Movement is not null).ShouldAllBe(entry => entry.Movement.OrderRef == order);
        var first = await ledger.Payments.TraceOrderAsync(new TraceOrderRequest { TenantId = Tenant, OrderRef = order });
        first.Payments.ShouldHaveSingleItem().PaymentObjectId.ShouldBe(payment);
        (await TraceAsync(New("order"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_trace_through_a_long_journal_comes_in_pages_and_has_everything_once()
    {
        var (sku, order, payment) = (await ledger.OpenAsync(10), New("order"), New("pi"));
        await ApplyAsync(Event(PaymentEventType.AuthCreated, payment, order, 100, isFull: true, lines: Line(sku, 2)));
        for (var filled = 0; filled < 25_000; filled += 200)
        {
            await ledger.Inventory.AdjustAsync(new AdjustRequest
            {
                TenantId = Tenant,
                IdempotencyKey = New("fill"),
                DocumentRef = "fill",
                Reason = AdjustmentReason.Receipt,
                Lines = { Enumerable.Range(1, 200).Select(line => Line($"trace-fill-{line}", 1)) },
            });
        }

        await ApplyAsync(Event(PaymentEventType.CaptureSucceeded, payment, order, 100));

        (await ledger.Payments.TraceOrderAsync(new TraceOrderRequest { TenantId = Tenant, OrderRef = order })).NextPageToken.ShouldNotBeEmpty();
        (await TraceAsync(order)).Select(Kind).ShouldBe(["event", "decision RESERVED", "Reserve", "event", "decision COMMITTED", "Commit"]);
    }

    [Fact]
    public async Task An_event_that_waits_for_a_location_is_decided_once_it_is_registered_and_stocked()
    {
        var (sku, order, location) = (New("sku"), New("order"), New("location"));
        var line = new StockLine { Sku = sku, LocationId = location, Quantity = 1 };
        var captured = Event(PaymentEventType.CaptureSucceeded, New("pi"), order, 100, isFull: true, lines: line);
        (await ApplyAsync(captured)).Reason.ShouldBe("UNKNOWN_LOCATION");

        await new CatalogueService.CatalogueServiceClient(ledger.Channel).PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = location });

        // There is a location now, but nothing at it: held for that, until units come in and something of the order is looked at again.
        await Eventually.Holds(async () => (await ListAsync(order)).Single().Reason == "PAID_NOT_AVAILABLE");
        await ledger.Inventory.AdjustAsync(new AdjustRequest
        {
            TenantId = Tenant,
            IdempotencyKey = New("receipt"),
            DocumentRef = "receipt",
            Reason = AdjustmentReason.Receipt,
            Lines = { line },
        });
        await ApplyAsync(Event(PaymentEventType.SettlementConfirmed, captured.PaymentObjectId, order, 100));
        (await ListAsync(order))[0].Reason.ShouldBe("COMMITTED");
    }

    [Fact]
    public async Task A_location_that_begins_to_be_sold_from_decides_what_waited_for_it_and_the_ledger_verifies()
    {
        var (sku, order, location) = (New("sku"), New("order"), New("location"));
        var catalogue = new CatalogueService.CatalogueServiceClient(ledger.Channel);
        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = location, Sellable = false });
        var line = new StockLine { Sku = sku, LocationId = location, Quantity = 1 };
        await ledger.Inventory.AdjustAsync(new AdjustRequest
        {
            TenantId = Tenant,
            IdempotencyKey = New("receipt"),
            DocumentRef = "receipt",
            Reason = AdjustmentReason.Receipt,
            Lines = { line },
        });
        await ApplyAsync(Event(PaymentEventType.CaptureSucceeded, New("pi"), order, 100, isFull: true, lines: line));
        (await ListAsync(order)).Single().Reason.ShouldBe("LOCATION_NOT_SELLABLE");

        await catalogue.PutLocationAsync(new PutLocationRequest { TenantId = Tenant, LocationId = location, Sellable = true });

        await Eventually.Holds(async () => (await ListAsync(order)).Single().Reason == "COMMITTED");
        var decided = (await ListAsync(order)).Single();
        decided.EarlierDecisions.Single().Reason.ShouldBe("LOCATION_NOT_SELLABLE");
        decided.Movements.Count.ShouldBe(2);
        await using var connection = new NpgsqlConnection(ledger.Database.ConnectionString);
        await connection.OpenAsync();
        await using var outcomes = new NpgsqlCommand(
            "SELECT count(*) FROM movements m LEFT JOIN outcomes o USING (idempotency_key, tenant_id) WHERE o.idempotency_key IS NULL AND m.operation <> 6", connection);
        (await outcomes.ExecuteScalarAsync()).ShouldBe(0L, "every movement has the outcome of its command, which stockctl verify asks for");
    }

    [Fact]
    public async Task A_return_that_a_call_and_an_event_report_is_one()
    {
        var (sku, order, document) = (await ledger.OpenAsync(5), New("order"), New("rma"));
        var reported = new PaymentEvent
        {
            EventType = PaymentEventType.ReturnReceived,
            Provider = "warehouse",
            Account = "north",
            ProviderEventId = New("evt"),
            OrderRef = order,
            DocumentRef = document,
            Lines = { Line(sku, 2) },
            OccurTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 1, 5, 9, 0, 0, TimeSpan.Zero)),
            SchemaVersion = 2,
        };
        var call = new ReceiveReturnRequest { TenantId = Tenant, IdempotencyKey = New("key"), OrderRef = order, DocumentRef = document, Lines = { Line(sku, 2) } };
        (await ApplyAsync(reported)).Reason.ShouldBe("RETURNED");

        (await ledger.Inventory.ReceiveReturnAsync(call)).Levels.ShouldBeEmpty();

        (await ledger.LevelAsync(sku)).Inspection.ShouldBe(2);
        var other = New("rma");
        (call.IdempotencyKey, call.DocumentRef) = (New("key"), other);
        await ledger.Inventory.ReceiveReturnAsync(call);
        (reported.ProviderEventId, reported.DocumentRef) = (New("evt"), other);
        (await ApplyAsync(reported)).Reason.ShouldBe("SAME_FACT");
        (await ledger.LevelAsync(sku)).Inspection.ShouldBe(4);
        call.IdempotencyKey = New("key");
        call.Lines[0].Quantity = 1;
        (await RefusalAsync(ledger.Inventory.ReceiveReturnAsync(call))).Info.Reason.ShouldBe("RETURN_DIFFERS");
    }

    [Fact]
    public async Task A_return_of_the_first_schema_version_is_refused()
    {
        var paymentEvent = Event(PaymentEventType.ReturnReceived, "", New("order"), 0);
        (await RefusalAsync(ledger.Payments.ApplyPaymentEventAsync(Request(paymentEvent)))).Info.Reason.ShouldBe("UNSUPPORTED_SCHEMA_VERSION");
    }

    private static string Kind(OrderTraceEntry entry) => entry.EntryCase switch
    {
        OrderTraceEntry.EntryOneofCase.Event => "event",
        OrderTraceEntry.EntryOneofCase.Decision => $"decision {entry.Decision.Reason}",
        OrderTraceEntry.EntryOneofCase.Delivery => "delivery",
        OrderTraceEntry.EntryOneofCase.Movement => entry.Movement.Operation.ToString(),
        _ => "nothing",
    };

    private static Money Eur(long minorUnits) => new() { Currency = "EUR", MinorUnits = minorUnits };

    private static Timestamp After(PaymentEvent paymentEvent, int seconds) =>
        Timestamp.FromDateTimeOffset(paymentEvent.OccurTime.ToDateTimeOffset().AddSeconds(seconds));

    private static ApplyPaymentEventRequest Request(PaymentEvent paymentEvent) =>
        new() { TenantId = Tenant, IdempotencyKey = New("delivery"), Event = paymentEvent };

    private static PaymentEvent Event(
        PaymentEventType type,
        string payment,
        string order,
        long minorUnits,
        string currency = "EUR",
        bool isFull = false,
        params StockLine[] lines) => new()
        {
            EventType = type,
            Provider = "stripe",
            Account = "test",
            ProviderEventId = New("evt"),
            PaymentObjectId = payment,
            ModificationRef = New("modification"),
            OrderRef = order,
            Amount = new Money { Currency = currency, MinorUnits = minorUnits },
            FullAmount = isFull,
            Lines = { lines },
            OccurTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000)),
            SchemaVersion = 1,
        };

    private async Task<ApplyPaymentEventResponse> ApplyAsync(PaymentEvent paymentEvent) => await ledger.Payments.ApplyPaymentEventAsync(Request(paymentEvent));

    private async Task<GetPaymentResponse> GetAsync(string payment) => await ledger.Payments.GetPaymentAsync(
        new GetPaymentRequest { TenantId = Tenant, Provider = "stripe", Account = "test", PaymentObjectId = payment });

    private async Task<IReadOnlyList<RecordedPaymentEvent>> ListAsync(string order) =>
        (await ledger.Payments.ListPaymentEventsAsync(new ListPaymentEventsRequest { TenantId = Tenant, OrderRef = order })).PaymentEvents;

    private async Task<IReadOnlyList<OrderTraceEntry>> TraceAsync(string order)
    {
        List<OrderTraceEntry> entries = [];
        var request = new TraceOrderRequest { TenantId = Tenant, OrderRef = order };
        do
        {
            var page = await ledger.Payments.TraceOrderAsync(request);
            entries.AddRange(page.Entries);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return entries;
    }
}
