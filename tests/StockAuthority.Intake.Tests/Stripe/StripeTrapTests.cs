using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Shouldly;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests.Stripe;

/// <summary>What Stripe does that looks harmless and is not, through the whole process: what the authority is told in the end.</summary>
public sealed class StripeTrapTests(InboxDatabase databases)
{
    private const long FourDaysEighteenHours = ((4 * 24) + 18) * 3600;

    [Fact]
    public async Task One_refund_that_arrives_as_three_events_with_different_ids_is_one_fact()
    {
        var charge = StripeBodies.WithRefunds(StripeBodies.Charge(refunded: 250), StripeBodies.Refund(amount: 250));
        var sent = await SentAsync(
            StripeBodies.Event("refund.created", StripeBodies.Refund(amount: 250), "evt_1"),
            StripeBodies.Event("refund.updated", StripeBodies.Refund(amount: 250), "evt_2"),
            StripeBodies.Event("charge.refund.updated", StripeBodies.Refund(amount: 250), "evt_3"),
            StripeBodies.Event("charge.refunded", charge, "evt_4"),
            StripeBodies.Event("charge.refunded", StripeBodies.Charge(refunded: 250), "evt_5"));
        sent.Select(each => each.ProviderEventId).Distinct().Count().ShouldBe(5);
        sent.Where(each => each.EventType == PaymentEventType.RefundPosted).Select(each => (each.PaymentObjectId, each.ModificationRef, each.Amount)).ToList()
            .ShouldSatisfyAllConditions(facts => facts.Count.ShouldBe(4), facts => facts.Distinct().ShouldHaveSingleItem().ModificationRef.ShouldBe("re_1"));
        sent.Single(each => each.EventType != PaymentEventType.RefundPosted).EventType.ShouldBe(PaymentEventType.Unknown);
    }

    [Fact]
    public async Task Two_refunds_of_one_payment_are_two_facts()
    {
        var sent = await SentAsync(
            StripeBodies.Event("refund.created", StripeBodies.Refund(id: "re_1", amount: 400), "evt_1"),
            StripeBodies.Event("refund.created", StripeBodies.Refund(id: "re_2", amount: 400), "evt_2"));
        sent.Select(each => (each.PaymentObjectId, each.ModificationRef)).ShouldBe([("pi_1", "re_1"), ("pi_1", "re_2")], ignoreOrder: true);
    }

    [Fact]
    public async Task A_refund_that_was_posted_and_fails_later_is_failed_by_the_later_time()
    {
        var sent = await SentAsync(
            StripeBodies.Event("refund.failed", StripeBodies.Refund("failed"), "evt_2", created: StripeBodies.CreatedSeconds + 86_400),
            StripeBodies.Event("refund.created", StripeBodies.Refund(), "evt_1"));
        sent.MaxBy(each => each.OccurTime)!.EventType.ShouldBe(PaymentEventType.RefundFailed);
        sent.Select(each => each.ModificationRef).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_dispute_that_was_won_can_still_be_lost()
    {
        var sent = await SentAsync(
            StripeBodies.Event("charge.dispute.closed", StripeBodies.Dispute("lost"), "evt_3", created: StripeBodies.CreatedSeconds + 200),
            StripeBodies.Event("charge.dispute.closed", StripeBodies.Dispute("won"), "evt_2", created: StripeBodies.CreatedSeconds + 100),
            StripeBodies.Event("charge.dispute.created", StripeBodies.Dispute(), "evt_1"));
        sent.OrderBy(each => each.OccurTime).Select(each => each.EventType)
            .ShouldBe([PaymentEventType.ChargebackOpened, PaymentEventType.ChargebackWon, PaymentEventType.ChargebackLost]);
        sent.Select(each => (each.PaymentObjectId, each.ModificationRef)).Distinct().ShouldHaveSingleItem().ShouldBe(("pi_1", "dp_1"));
    }

    [Fact]
    public async Task Several_captures_of_one_payment_are_one_fact_that_grows_so_that_their_totals_are_never_added_up()
    {
        var sent = await SentAsync(
            StripeBodies.Event("charge.captured", StripeBodies.Charge(captured: 400), "evt_1"),
            StripeBodies.Event("charge.captured", StripeBodies.Charge(captured: 1000), "evt_2"),
            StripeBodies.Event("payment_intent.succeeded", StripeBodies.Intent(received: 1000), "evt_3"));
        sent.Select(each => (each.EventType, each.PaymentObjectId, each.ModificationRef)).Distinct()
            .ShouldHaveSingleItem().ShouldBe((PaymentEventType.CaptureSucceeded, "pi_1", "ch_1"));
        sent.OrderBy(each => each.ProviderEventId).Select(each => (each.Amount.MinorUnits, each.FullAmount)).ShouldBe([(400, false), (1000, true), (1000, true)]);
    }

    [Fact]
    public async Task A_partial_capture_says_nothing_about_which_units_unless_its_metadata_does()
    {
        var unnamed = StripeBodies.Charge(captured: 400);
        unnamed["metadata"] = new JsonObject { ["order_ref"] = "order-1" };
        var sent = await SentAsync(StripeBodies.Event("charge.captured", unnamed, "evt_1"), StripeBodies.Event("charge.captured", StripeBodies.Charge(captured: 600), "evt_2"));
        sent.ShouldAllBe(each => !each.FullAmount);
        sent.Single(each => each.ProviderEventId == "evt_1").Lines.ShouldBeEmpty();
        sent.Single(each => each.ProviderEventId == "evt_2").Lines.ShouldHaveSingleItem().Quantity.ShouldBe(2);
    }

    [Fact]
    public async Task How_long_an_authorization_holds_is_never_assumed_whatever_its_capture_before()
    {
        byte[] Authorized(long? captureBefore, string id)
        {
            var charge = StripeBodies.Charge(captured: 0, isCaptured: false);
            charge["payment_method_details"] = new JsonObject { ["type"] = "card", ["card"] = captureBefore is { } time ? new JsonObject { ["capture_before"] = time } : [] };
            return StripeBodies.Event("charge.succeeded", charge, id);
        }

        var expired = StripeBodies.CreatedSeconds + FourDaysEighteenHours;
        var sent = await SentAsync(
            Authorized(captureBefore: expired, "evt_1"),
            Authorized(captureBefore: null, "evt_2"),
            StripeBodies.Event("charge.expired", StripeBodies.Charge(captured: 0, isCaptured: false), "evt_3", created: expired));

        // The authorizations are long past seven days at their receipt: only what Stripe told ends them.
        sent.Where(each => each.ProviderEventId != "evt_3").ShouldAllBe(each => each.EventType == PaymentEventType.AuthCreated && each.Problems.Count == 0);
        var end = sent.Single(each => each.ProviderEventId == "evt_3");
        end.EventType.ShouldBe(PaymentEventType.AuthVoided);
        end.OccurTime.Seconds.ShouldBe(expired);
    }

    [Fact]
    public async Task Events_of_one_second_keep_their_equal_time_so_that_arrival_does_not_order_them()
    {
        var failed = StripeBodies.Event("payment_intent.payment_failed", StripeBodies.Intent(), "evt_1");
        var authorized = StripeBodies.Event("payment_intent.amount_capturable_updated", StripeBodies.Intent(capturable: 1000), "evt_2");
        var oneWay = await SentAsync(failed, authorized);
        var theOther = await SentAsync(authorized, failed);
        oneWay.Select(each => each.OccurTime).Distinct().ShouldHaveSingleItem().Nanos.ShouldBe(0);
        oneWay.OrderBy(each => each.ProviderEventId).ShouldBe(theOther.OrderBy(each => each.ProviderEventId));
    }

    [Fact]
    public void Events_are_remembered_for_35_days_by_default_which_is_longer_than_any_provider_repeats_them()
    {
        var configuration = new ConfigurationBuilder().AddCommandLine(RunningIntake.Arguments("Host=127.0.0.1", authorityPort: 1)).Build();
        var retention = IntakeSettings.Read(configuration, IntakeApplication.Providers).Retention;
        retention.ShouldBe(TimeSpan.FromDays(35));
        retention.ShouldBeGreaterThan(TimeSpan.FromDays(30));
    }

    private Task<IReadOnlyList<PaymentEvent>> SentAsync(params byte[][] bodies) =>
        Dispatched.FromAsync(databases, [.. bodies.Select(body => (Func<RunningIntake, Task<HttpResponseMessage>>)(intake => intake.PostSignedAsync(body)))]);
}
