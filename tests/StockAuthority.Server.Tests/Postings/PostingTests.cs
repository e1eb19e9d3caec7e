using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Shouldly;
using StockAuthority.Inventory.V1;
using StockAuthority.Operations.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Tests.Inventory;
using Xunit;
using static StockAuthority.Server.Tests.Inventory.Ledger;

namespace StockAuthority.Server.Tests.Postings;

/// <summary>What has to be booked and what was, on the real database.</summary>
public sealed class PostingTests(Ledger ledger) : IClassFixture<Ledger>
{
    private PostingService.PostingServiceClient Postings => new(ledger.Channel);

    [Fact]
    public async Task A_fact_is_booked_once_however_often_it_is_delivered_and_reported()
    {
        var (payment, order) = (New("pi"), New("order"));
        var captured = Event(PaymentEventType.CaptureSucceeded, payment, order, 2500);
        await ApplyAsync(captured);
        await ApplyAsync(captured);
        var other = captured.Clone();
        other.ProviderEventId = New("evt");
        await ApplyAsync(other);

        var intent = (await IntentsAsync(payment)).Single();

        intent.LedgerAction.ShouldBe(LedgerAction.CaptureExpected);
        (intent.Amount, intent.OrderRef, intent.Provider, intent.Account, intent.ModificationRef, intent.ProviderEventId, intent.OccurTime)
            .ShouldBe((Eur(2500), order, "stripe", "test", captured.ModificationRef, captured.ProviderEventId, captured.OccurTime));
        intent.Origin.ShouldBe($"intent/{intent.IntentNumber}");
    }

    [Fact]
    public async Task Every_row_with_a_ledger_action_has_its_intent()
    {
        var (payment, order) = (New("pi"), New("order"));
        var refund = New("refund");
        await ApplyAsync(Event(PaymentEventType.AuthCreated, payment, order, 100, isFull: true));
        await ApplyAsync(Event(PaymentEventType.CaptureSucceeded, payment, order, 60));
        await ApplyAsync(Event(PaymentEventType.SettlementConfirmed, payment, order, 60));
        await ApplyAsync(Event(PaymentEventType.RefundPosted, payment, order, 10, refund));
        await ApplyAsync(Event(PaymentEventType.RefundFailed, payment, order, 10, refund));
        await ApplyAsync(Event(PaymentEventType.ChargebackOpened, payment, order, 60));
        await ApplyAsync(Event(PaymentEventType.ChargebackWon, payment, order, 60));
        await ApplyAsync(Event(PaymentEventType.ChargebackLost, payment, order, 60));
        await ApplyAsync(Event(PaymentEventType.AuthVoided, payment, order, 40));

        (await IntentsAsync(payment)).Select(each => (each.LedgerAction, each.Amount.MinorUnits)).ShouldBe(
        [
            (LedgerAction.AuthorizedExposure, 100), (LedgerAction.CaptureExpected, 60), (LedgerAction.FundsAvailable, 60), (LedgerAction.Refund, 10),
            (LedgerAction.RefundReversed, 10), (LedgerAction.Dispute, 60), (LedgerAction.DisputeWon, 60), (LedgerAction.DisputeLost, 60),
            (LedgerAction.ExposureReleased, 40),
        ]);
    }

    [Fact]
    public async Task Every_order_of_arrival_comes_to_the_same_amounts()
    {
        var expected = new Dictionary<LedgerAction, long> { [LedgerAction.CaptureExpected] = 500 };
        foreach (var order in new int[][] { [0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0] })
        {
            var payment = New("pi");
            var capture = Event(PaymentEventType.CaptureSucceeded, payment, New("order"), 500);
            var failed = Again(capture, PaymentEventType.CaptureFailed, 60);
            PaymentEvent[] events = [capture, failed, Again(capture, PaymentEventType.CaptureSucceeded, 120)];
            foreach (var index in order)
            {
                await ApplyAsync(events[index]);
            }

            var intents = await IntentsAsync(payment);
            var net = intents.Sum(each => each.LedgerAction == LedgerAction.CaptureExpected ? each.Amount.MinorUnits : -each.Amount.MinorUnits);
            net.ShouldBe(expected[LedgerAction.CaptureExpected], string.Join(',', order));
        }
    }

    [Fact]
    public async Task What_does_not_count_is_not_booked()
    {
        var (payment, order) = (New("pi"), New("order"));
        await ApplyAsync(Event(PaymentEventType.AuthCreated, payment, order, 100, isFull: true));
        await ApplyAsync(Event(PaymentEventType.CaptureSucceeded, payment, order, 100, currency: "USD"));
        await ApplyAsync(Event(PaymentEventType.AuthFailed, New("pi"), order, 100));
        await ApplyAsync(Event(PaymentEventType.CaptureFailed, payment, order, 100));

        (await IntentsAsync(payment)).Select(each => each.LedgerAction).ShouldBe([LedgerAction.AuthorizedExposure]);
    }

    [Fact]
    public async Task A_fact_that_turns_out_larger_is_booked_by_the_difference()
    {
        var payment = New("pi");
        var part = Event(PaymentEventType.CaptureSucceeded, payment, New("order"), 300);
        await ApplyAsync(part);
        var whole = Again(part, PaymentEventType.CaptureSucceeded, 0);
        whole.Amount = Eur(500);
        await ApplyAsync(whole);

        (await IntentsAsync(payment)).Select(each => each.Amount.MinorUnits).ShouldBe([300, 200]);
    }

    [Fact]
    public async Task Numbers_have_no_gaps_whatever_comes_at_once()
    {
        var before = (await Postings.GetPostingCheckpointAsync(new GetPostingCheckpointRequest { TenantId = Tenant, Consumer = "erp" })).HeadIntentNumber;
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ApplyAsync(Event(PaymentEventType.CaptureSucceeded, New("pi"), New("order"), 1))));

        List<long> numbers = [];
        for (var after = before; ;)
        {
            var page = await Postings.ListPostingIntentsAsync(new ListPostingIntentsRequest { TenantId = Tenant, AfterIntentNumber = after, PaymentsOnly = true, PageSize = 7 });
            numbers.AddRange(page.PostingIntents.Select(each => each.IntentNumber));
            after = page.LastIntentNumber;
            if (page.AtEnd)
            {
                break;
            }
        }

        numbers.ShouldBe(Enumerable.Range(1, 100).Select(each => before + each));
        (await Postings.AcknowledgePostingIntentsAsync(Acknowledge(numbers[^1]))).IntentNumber.ShouldBe(numbers[^1]);
        (await Postings.AcknowledgePostingIntentsAsync(Acknowledge(1))).IntentNumber.ShouldBe(numbers[^1]);
        var (code, info, _) = await RefusalAsync(Postings.AcknowledgePostingIntentsAsync(Acknowledge(numbers[^1] + 1_000_000)));
        (code, info.Reason).ShouldBe((StatusCode.FailedPrecondition, "INTENT_NOT_REACHED"));
    }

    [Fact]
    public async Task Adjustments_are_intents_by_their_movements_and_promises_are_not()
    {
        var sku = await ledger.OpenAsync(5);
        await ledger.Inventory.ReserveAsync(Reserve(sku, 2));

        var intents = await AllAsync();

        var mine = intents.Where(each => each.Movement?.Sku == sku).ToList();
        mine.Select(each => (each.LedgerAction, each.Movement.Operation, each.Movement.Quantity)).ShouldBe([(LedgerAction.InventoryAdjustment, StockOperation.Adjust, 5L)]);
        mine[0].Origin.ShouldBe($"movement/{mine[0].Movement.Sequence}");
    }

    [Fact]
    public async Task A_posting_is_recorded_once_and_another_document_is_refused()
    {
        var payment = New("pi");
        var order = New("order");
        await ApplyAsync(Event(PaymentEventType.CaptureSucceeded, payment, order, 100));
        var origin = (await IntentsAsync(payment)).Single().Origin;
        var posting = Posting(origin, "doc-1");

        var first = (await Postings.RecordPostingAsync(Record(posting))).Posting;
        var second = (await Postings.RecordPostingAsync(Record(posting))).Posting;
        second.ShouldBe(first);
        var (code, info, _) = await RefusalAsync(Postings.RecordPostingAsync(Record(Posting(origin, "doc-2"))));
        (code, info.Reason, info.Metadata["document_id"]).ShouldBe((StatusCode.AlreadyExists, "POSTING_DIFFERS", "doc-1"));
        (await RefusalAsync(Postings.RecordPostingAsync(Record(Posting("intent/999999999", "doc-1"))))).Info.Reason.ShouldBe("UNKNOWN_ORIGIN");
        (await RefusalAsync(Postings.RecordPostingAsync(Record(Posting("intent/01", "doc-1"))))).Info.Reason.ShouldBe("ORIGIN_INVALID");

        var listed = await Postings.ListPostingsAsync(new ListPostingsRequest { TenantId = Tenant, OrderRef = order });
        listed.Postings.ShouldBe([first]);
        first.OrderRef.ShouldBe(order);
        (await Postings.ListPostingsAsync(new ListPostingsRequest { TenantId = Tenant, Origin = origin, System = "other" })).Postings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Postings_are_listed_by_time_page_by_page()
    {
        var payment = New("pi");
        foreach (var amount in Enumerable.Range(1, 5))
        {
            await ApplyAsync(Event(PaymentEventType.CaptureSucceeded, payment, New("order"), amount));
        }

        var system = New("system");
        foreach (var intent in await IntentsAsync(payment))
        {
            await Postings.RecordPostingAsync(Record(Posting(intent.Origin, "d", system)));
        }

        List<string> origins = [];
        var token = "";
        do
        {
            var page = await Postings.ListPostingsAsync(new ListPostingsRequest { TenantId = Tenant, System = system, PageSize = 2, PageToken = token });
            origins.AddRange(page.Postings.Select(each => each.Origin));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        origins.ShouldBe((await IntentsAsync(payment)).Select(each => each.Origin), ignoreOrder: true);
        origins.ShouldBeUnique();
    }

    private static AcknowledgePostingIntentsRequest Acknowledge(long number) => new() { TenantId = Tenant, Consumer = "erp", IntentNumber = number };

    private static RecordPostingRequest Record(Posting posting) => new() { TenantId = Tenant, Posting = posting };

    private static Posting Posting(string origin, string document, string system = "tryton") => new()
    {
        Origin = origin,
        System = system,
        DocumentId = document,
        PostTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000)),
        Amount = Eur(100),
    };

    private static Money Eur(long minorUnits) => new() { Currency = "EUR", MinorUnits = minorUnits };

    private static PaymentEvent Again(PaymentEvent paymentEvent, PaymentEventType type, int secondsLater)
    {
        var again = paymentEvent.Clone();
        (again.EventType, again.ProviderEventId) = (type, New("evt"));
        again.OccurTime = Timestamp.FromDateTimeOffset(paymentEvent.OccurTime.ToDateTimeOffset().AddSeconds(secondsLater));
        return again;
    }

    private static PaymentEvent Event(
        PaymentEventType type, string payment, string order, long minorUnits, string? modification = null, string currency = "EUR", bool isFull = false) => new()
        {
            EventType = type,
            Provider = "stripe",
            Account = "test",
            ProviderEventId = New("evt"),
            PaymentObjectId = payment,
            ModificationRef = modification ?? New("modification"),
            OrderRef = order,
            Amount = new Money { Currency = currency, MinorUnits = minorUnits },
            FullAmount = isFull,
            OccurTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000)),
            SchemaVersion = 1,
        };

    private async Task ApplyAsync(PaymentEvent paymentEvent) => await ledger.Payments.ApplyPaymentEventAsync(
        new ApplyPaymentEventRequest { TenantId = Tenant, IdempotencyKey = New("delivery"), Event = paymentEvent });

    private async Task<List<PostingIntent>> IntentsAsync(string payment) => [.. (await AllAsync()).Where(each => each.PaymentObjectId == payment)];

    private async Task<List<PostingIntent>> AllAsync()
    {
        List<PostingIntent> all = [];
        var request = new ListPostingIntentsRequest { TenantId = Tenant, PageSize = 50 };
        while (true)
        {
            var page = await Postings.ListPostingIntentsAsync(request);
            all.AddRange(page.PostingIntents);
            (request.AfterIntentNumber, request.AfterSequence) = (page.LastIntentNumber, page.LastSequence);
            if (page.AtEnd)
            {
                return all;
            }
        }
    }
}
