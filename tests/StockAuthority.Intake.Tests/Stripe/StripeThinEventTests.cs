using System.Net;
using System.Text.Json.Nodes;
using Shouldly;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests.Stripe;

public sealed class StripeThinEventTests(InboxDatabase databases)
{
    private const string IntentPath = "/v1/payment_intents/pi_1";

    [Fact]
    public async Task A_thin_event_is_fetched_with_its_object_and_told_like_the_snapshot_event_of_the_same_change()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        stripe.Put(IntentPath, StripeBodies.Intent(received: 1000));
        var thin = stripe.Thin("v1.payment_intent.succeeded", IntentPath);
        var sent = await SentAsync(stripe, thin, StripeBodies.Event("payment_intent.succeeded", StripeBodies.Intent(received: 1000)));

        var told = sent.Single(each => each.ProviderEventId == "evt_thin_1");
        var snapshot = sent.Single(each => each.ProviderEventId == "evt_1");
        told.ProviderEventType.ShouldBe("v1.payment_intent.succeeded");
        told.ProviderEventType = snapshot.ProviderEventType;
        told.ProviderEventId = snapshot.ProviderEventId;
        told.ShouldBe(snapshot);

        stripe.Requests.Select(request => request.Path).ShouldBe(["/v2/core/events/evt_thin_1", IntentPath]);
        stripe.Requests.ShouldAllBe(request => request.Version == global::Stripe.StripeConfiguration.ApiVersion);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_thin_and_a_snapshot_event_of_one_change_are_one_event_by_snapshot_event_or_else_one_fact(bool isJoined)
    {
        await using var stripe = await StripeSimulator.StartAsync();
        stripe.Put(IntentPath, StripeBodies.Intent(received: 1000));
        var thin = stripe.Thin("v1.payment_intent.succeeded", IntentPath, snapshotEvent: isJoined ? "evt_1" : null);
        var sent = await SentAsync(stripe, thin, StripeBodies.Event("payment_intent.succeeded", StripeBodies.Intent(received: 1000)));

        sent.Select(each => each.ProviderEventId).Distinct().Count().ShouldBe(isJoined ? 1 : 2);
        sent.Select(each => (each.EventType, each.PaymentObjectId, each.ModificationRef, each.Amount, each.OccurTime)).Distinct().ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("v1.payment_intent.amount_capturable_updated", PaymentEventType.AuthCreated)]
    [InlineData("v1.payment_intent.succeeded", PaymentEventType.CaptureSucceeded)]
    public async Task An_object_that_has_moved_on_since_does_not_change_what_the_event_said(string type, PaymentEventType expected)
    {
        await using var stripe = await StripeSimulator.StartAsync();
        stripe.Put(IntentPath, StripeBodies.Intent(received: 1000));
        var told = (await SentAsync(stripe, stripe.Thin(type, IntentPath))).ShouldHaveSingleItem();
        (told.EventType, told.Amount.MinorUnits, told.FullAmount, told.OrderRef).ShouldBe((expected, 1000, true, "order-1"));
        told.OccurTime.Seconds.ShouldBe(StripeBodies.CreatedSeconds);
    }

    [Fact]
    public async Task Refunds_and_disputes_are_told_in_the_state_that_they_are_in()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        stripe.Put("/v1/refunds/re_1", StripeBodies.Refund(charge: StripeBodies.Charge()));
        stripe.Put("/v1/disputes/dp_1", StripeBodies.Dispute("lost"));
        var sent = await SentAsync(
            stripe,
            stripe.Thin("v1.refund.created", "/v1/refunds/re_1", "evt_a"),
            stripe.Thin("v1.charge.dispute.closed", "/v1/disputes/dp_1", "evt_b"));
        sent.Select(each => (each.EventType, each.ModificationRef, each.FullAmount))
            .ShouldBe([(PaymentEventType.RefundPosted, "re_1", true), (PaymentEventType.ChargebackLost, "dp_1", false)], ignoreOrder: true);
        stripe.Requests.Single(request => request.Path == "/v1/refunds/re_1").Query.ShouldBe("?expand[]=charge");
    }

    [Fact]
    public async Task What_was_fetched_is_stored_before_anything_is_told_and_is_never_fetched_again()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        stripe.Put(IntentPath, StripeBodies.Intent(capturable: 1000));
        var port = InboxDatabase.FreePort();
        await using var intake = await StartAsync(stripe, port);
        using var response = await intake.PostSignedAsync(stripe.Thin("v1.payment_intent.amount_capturable_updated", IntentPath));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);

        // Nobody is there to be told, and what is told in the end is what was fetched first.
        await intake.EventuallyCountAsync("status = 'pending' AND completion IS NOT NULL AND attempt_count > 1", 1);
        stripe.Put(IntentPath, StripeBodies.Intent(amount: 9));
        await using var authority = await RecordingAuthority.StartAsync(port);
        await intake.EventuallyCountAsync("status = 'dispatched'", 1);
        authority.Calls.Requests.ShouldHaveSingleItem().Event.Amount.MinorUnits.ShouldBe(1000);
        stripe.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_fetch_that_fails_is_repeated_until_it_succeeds_and_moves_nothing_meanwhile()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        stripe.Put(IntentPath, StripeBodies.Intent(received: 1000));
        var isDown = true;
        stripe.Fault = _ => Task.FromResult<int?>(Volatile.Read(ref isDown) ? 503 : null);
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await StartAsync(stripe, port);
        using var response = await intake.PostSignedAsync(stripe.Thin("v1.payment_intent.succeeded", IntentPath));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);

        await intake.EventuallyCountAsync("status = 'pending' AND last_error = 'FETCH_FAILED: the event: HTTP 503' AND due_at > now()", 1);
        authority.Calls.Requests.ShouldBeEmpty();
        Volatile.Write(ref isDown, false);
        await intake.EventuallyCountAsync("status = 'dispatched'", 1);
        authority.Calls.Requests.ShouldHaveSingleItem().Event.EventType.ShouldBe(PaymentEventType.CaptureSucceeded);
    }

    [Fact]
    public async Task A_fetch_that_never_succeeds_is_parked_by_name_and_holds_up_nobody_and_a_replay_fetches_again()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await StartAsync(stripe, port, "--Inbox:FetchAttempts=2");
        using var response = await intake.PostSignedAsync(stripe.Thin("v1.payment_intent.succeeded", IntentPath));
        using var other = await intake.PostSignedAsync(StripeBodies.Authorized("evt_other"));
        await intake.EventuallyCountAsync("status = 'dispatched'", 2);

        var parked = authority.Calls.Requests.Select(request => request.Event).Single(each => each.EventType == PaymentEventType.Unreadable);
        parked.ProviderEventId.ShouldBe("inbox-evt_thin_1");
        parked.Problems.ShouldHaveSingleItem().ShouldBe("FETCH_FAILED: what the event names could not be fetched in 2 attempts, at last because of its object: HTTP 404");
        authority.Calls.Requests[0].Event.ProviderEventId.ShouldBe("evt_other");

        stripe.Put(IntentPath, StripeBodies.Intent(received: 1000));
        var id = await intake.ReadAsync<Guid>("SELECT inbox_id FROM inbox WHERE completion_problem IS NOT NULL");
        using var output = new StringWriter();
        (await IntakeApplication.RunAsync(["replay", id.ToString(), .. RunningIntake.Arguments(intake.Database.ConnectionString, port)], output, output)).ShouldBe(0);
        await intake.EventuallyCountAsync("status = 'dispatched' AND replay_count = 1", 1);
        authority.Calls.Requests[^1].Event.EventType.ShouldBe(PaymentEventType.CaptureSucceeded);
    }

    [Theory]
    [InlineData("https://example.com/v1/payment_intents/pi_1")]
    [InlineData("//example.com/v1/payment_intents/pi_1")]
    [InlineData("/v1/payment_intents/../../secrets")]
    [InlineData("/v1/payment_intents/pi_1?expand[]=x")]
    [InlineData("/v1/payment_intents/pi_1\n")]
    [InlineData("")]
    public async Task The_key_goes_to_no_address_but_objects_of_the_api(string url)
    {
        await using var stripe = await StripeSimulator.StartAsync();
        var thin = stripe.Thin("v1.payment_intent.succeeded", IntentPath);
        var whole = JsonNode.Parse(thin)!.AsObject();
        whole["related_object"]!["url"] = url;
        stripe.Put("/v2/core/events/evt_thin_1", whole);
        var parked = (await SentAsync(stripe, thin)).ShouldHaveSingleItem();
        parked.EventType.ShouldBe(PaymentEventType.Unreadable);
        parked.Problems.ShouldHaveSingleItem().ShouldContain("related_object");
        stripe.Requests.ShouldAllBe(request => request.Path == "/v2/core/events/evt_thin_1");
    }

    [Fact]
    public async Task A_thin_event_of_another_account_is_parked_and_one_of_this_account_is_fetched_in_its_context()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        stripe.Put(IntentPath, StripeBodies.Intent(received: 1000));
        var sent = await SentAsync(
            stripe,
            stripe.Thin("v1.payment_intent.succeeded", IntentPath, "evt_other", context: "acct_other"),
            stripe.Thin("v1.payment_intent.succeeded", IntentPath, "evt_own", context: "acct_own"));
        sent.Single(each => each.ProviderEventId == "inbox-evt_other").Problems.ShouldHaveSingleItem().ShouldContain("another Stripe account");
        sent.Single(each => each.ProviderEventId == "evt_own").EventType.ShouldBe(PaymentEventType.CaptureSucceeded);
        stripe.Requests.Where(request => request.Path == "/v2/core/events/evt_own").ShouldAllBe(request => request.Context == "acct_own");
    }

    [Fact]
    public async Task A_thin_event_of_a_type_that_is_not_translated_is_a_no_op_and_is_not_fetched()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        var told = (await SentAsync(stripe, stripe.Thin("v1.customer.created", "/v1/customers/cus_1"))).ShouldHaveSingleItem();
        (told.EventType, told.ProviderEventId, told.ProviderEventType).ShouldBe((PaymentEventType.Unknown, "evt_thin_1", "v1.customer.created"));
        stripe.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_an_api_key_a_thin_event_is_parked_and_says_so()
    {
        await using var stripe = await StripeSimulator.StartAsync();
        var thin = stripe.Thin("v1.payment_intent.succeeded", IntentPath);
        var parked = (await Dispatched.FromAsync(databases, intake => intake.PostSignedAsync(thin))).ShouldHaveSingleItem();
        parked.EventType.ShouldBe(PaymentEventType.Unreadable);
        parked.Problems.ShouldHaveSingleItem().ShouldContain("has no ApiKey");
    }

    private async Task<IReadOnlyList<PaymentEvent>> SentAsync(StripeSimulator stripe, params byte[][] bodies)
    {
        var port = InboxDatabase.FreePort();
        await using var authority = await RecordingAuthority.StartAsync(port);
        await using var intake = await StartAsync(stripe, port, "--Inbox:FetchAttempts=1");
        foreach (var body in bodies)
        {
            using var response = await intake.PostSignedAsync(body);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await intake.EventuallyCountAsync("status = 'dispatched'", bodies.Length);
        return [.. authority.Calls.Requests.Select(request => request.Event)];
    }

    private async Task<RunningIntake> StartAsync(StripeSimulator stripe, int port, params string[] settings) => await RunningIntake.StartAsync(
        await databases.CreateAsync(), port, settings: [.. RunningIntake.StripeApi(stripe.Address), "--Stripe:GapDetection:IntervalMinutes=0", .. settings]);
}
