using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Shouldly;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests.Stripe;

public sealed class StripeSettlementTests(InboxDatabase databases)
{
    private static readonly byte[] Reconciled = StripeBodies.Event("payout.reconciliation_completed", StripeBodies.Payout(), "evt_payout");

    [Fact]
    public async Task Each_line_of_a_reconciled_payout_is_one_settlement_confirmed_with_its_line_as_reference()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        stripe.Settled("po_1", Line("txn_1", "charge"), Line("txn_2", "payment", "ch_2", "pi_2"), Line("txn_3", "refund"), Line("txn_4", "payout"));
        var sent = await SentAsync(stripe, 5, Reconciled);

        sent.Where(each => each.EventType == PaymentEventType.SettlementConfirmed)
            .Select(each => (each.PaymentObjectId, each.ModificationRef, each.ProviderEventId, each.Amount.MinorUnits, each.FullAmount, each.OccurTime.Seconds))
            .ShouldBe([("pi_1", "txn_1", "txn_1", 1000, true, StripeBodies.CreatedSeconds), ("pi_2", "txn_2", "txn_2", 1000, true, StripeBodies.CreatedSeconds)], ignoreOrder: true);
        sent.Where(each => each.EventType == PaymentEventType.Unknown).Select(each => each.ProviderEventType)
            .ShouldBe(["payout.reconciliation_completed line refund", "payout.reconciliation_completed line payout", "payout.reconciliation_completed, its lines taken"], ignoreOrder: true);
        stripe.Requests.ShouldAllBe(request => request.Query.Contains("payout=po_1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_payout_of_many_pages_is_gone_on_with_where_it_was_broken_off_and_no_line_is_taken_twice()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        stripe.Settled("po_1", [.. Enumerable.Range(0, 450).Select(number => Line(string.Create(CultureInfo.InvariantCulture, $"txn_{number}"), "charge"))]);
        var failures = 0;
        stripe.Fault = request => Task.FromResult<int?>(
            request.Query.Contains("starting_after=txn_299", StringComparison.Ordinal) && Interlocked.Increment(ref failures) <= 3 ? 500 : null);
        var sent = await SentAsync(stripe, 452, Reconciled, StripeBodies.Event("payout.reconciliation_completed", StripeBodies.Payout(), "evt_again"));
        sent.Where(each => each.EventType == PaymentEventType.SettlementConfirmed).Select(each => each.ModificationRef).Distinct().Count().ShouldBe(450);
        sent.Count.ShouldBe(452);
        failures.ShouldBeGreaterThan(3);
    }

    [Fact]
    public async Task Without_an_api_key_the_payout_is_told_and_names_no_payment()
    {
        var told = (await Dispatched.FromAsync(databases, intake => intake.PostSignedAsync(Reconciled))).ShouldHaveSingleItem();
        (told.EventType, told.PaymentObjectId, told.ModificationRef).ShouldBe((PaymentEventType.SettlementConfirmed, "", "po_1"));
    }

    [Fact]
    public async Task A_thin_event_of_a_payout_takes_its_lines_as_well()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        stripe.Settled("po_1", Line("txn_1", "charge"));
        var sent = await SentAsync(stripe, 2, stripe.Thin("v1.payout.reconciliation_completed", "/v1/payouts/po_1"));
        var settled = sent.Single(each => each.EventType == PaymentEventType.SettlementConfirmed);
        (settled.ModificationRef, settled.ReportLine).ShouldBe(("txn_1", "po_1/txn_1"));
        sent.Single(each => each.EventType == PaymentEventType.Unknown).ProviderEventId.ShouldBe("evt_thin_1");
    }

    [Fact]
    public async Task Lines_that_can_never_be_fetched_park_the_payout_by_name()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        stripe.Fault = _ => Task.FromResult<int?>(403);
        var parked = (await SentAsync(stripe, 1, Reconciled)).ShouldHaveSingleItem();
        parked.EventType.ShouldBe(PaymentEventType.Unreadable);
        parked.Problems.ShouldHaveSingleItem().ShouldStartWith("FETCH_FAILED");
    }

    [Fact]
    public async Task A_line_that_lacks_what_decides_its_meaning_is_parked_alone()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        var broken = Line("txn_2", "charge");
        broken["source"] = "ch_not_expanded";
        stripe.Settled("po_1", Line("txn_1", "charge"), broken);
        var sent = await SentAsync(stripe, 3, Reconciled);
        sent.Single(each => each.EventType == PaymentEventType.Unreadable).ProviderEventId.ShouldBe("inbox-txn_2");
        sent.Count(each => each.EventType == PaymentEventType.SettlementConfirmed).ShouldBe(1);
    }

    private static JsonObject Line(string id, string type, string charge = "ch_1", string intent = "pi_1")
    {
        var source = StripeBodies.Charge(intent: intent);
        source["id"] = charge;
        return new JsonObject
        {
            ["id"] = id,
            ["object"] = "balance_transaction",
            ["amount"] = 1000,
            ["available_on"] = StripeBodies.CreatedSeconds,
            ["created"] = StripeBodies.CreatedSeconds,
            ["currency"] = "eur",
            ["fee"] = 30,
            ["net"] = 970,
            ["reporting_category"] = type,
            ["source"] = source,
            ["status"] = "available",
            ["type"] = type,
        };
    }

    private async Task<IReadOnlyList<PaymentEvent>> SentAsync(StripeSimulator stripe, int count, params byte[][] bodies)
    {
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await RunningIntake.StartAsync(
            await databases.CreateAsync(), port, settings: [.. RunningIntake.StripeApi(stripe.Address), "--Stripe:GapDetection:IntervalMinutes=0", bodies.Length > 1 ? "--Inbox:FetchAttempts=5" : "--Inbox:FetchAttempts=1"]);
        foreach (var body in bodies)
        {
            using var response = await intake.PostSignedAsync(body);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await intake.EventuallyCountAsync("status = 'dispatched'", count);
        return [.. authority.Calls.Requests.Select(request => request.Event)];
    }
}
