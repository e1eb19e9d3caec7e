using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using StockAuthority.Intake.Tests.Adyen;
using StockAuthority.Intake.Tests.Stripe;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests;

/// <summary>What providers do that looks harmless and is not, through the whole process: what the authority is told in the end.</summary>
public sealed class ProviderTrapTests(InboxDatabase databases)
{
    [Fact]
    public async Task One_Stripe_capture_that_arrives_as_events_with_different_ids_is_one_fact()
    {
        var sent = await DispatchedAsync(
            intake => intake.PostSignedAsync(StripeBodies.Event("payment_intent.succeeded", StripeBodies.Intent(received: 1000), "evt_1")),
            intake => intake.PostSignedAsync(StripeBodies.Event("charge.captured", StripeBodies.Charge(), "evt_2")));
        sent.Select(each => each.ProviderEventId).Distinct().Count().ShouldBe(2);
        sent.Select(each => (each.EventType, each.PaymentObjectId, each.ModificationRef)).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Cancelling_a_Stripe_intent_refunds_the_remainder_and_no_refund_is_told()
    {
        var sent = await DispatchedAsync(
            intake => intake.PostSignedAsync(StripeBodies.Event("payment_intent.canceled", StripeBodies.Intent(), "evt_1")),
            intake => intake.PostSignedAsync(StripeBodies.Event("charge.refunded", StripeBodies.Charge(captured: 0, refunded: 1000, isCaptured: false, isRefunded: true), "evt_2")));
        sent.ShouldAllBe(each => each.EventType == PaymentEventType.AuthVoided && each.ModificationRef == "pi_1");
    }

    [Fact]
    public async Task A_failed_attempt_of_an_order_says_nothing_about_the_paid_attempt_of_the_same_order()
    {
        var sent = await DispatchedAsync(
            intake => intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION", success: false, psp: "ATTEMPT0000000A")))),
            intake => intake.PostAdyenAsync(AdyenBodies.Authorised("ATTEMPT0000000B")));
        sent.Select(each => (each.PaymentObjectId, each.EventType, each.OrderRef)).ShouldBe(
            [("ATTEMPT0000000A", PaymentEventType.AuthFailed, "order-1"), ("ATTEMPT0000000B", PaymentEventType.AuthCreated, "order-1")], ignoreOrder: true);
    }

    [Fact]
    public async Task Adyens_success_false_is_never_taken_for_true()
    {
        var sent = await DispatchedAsync(
            intake => intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(AdyenBodies.Modification("CAPTURE", success: false)))),
            intake => intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(AdyenBodies.Modification("REFUND", success: false)))));
        sent.Select(each => each.EventType).ShouldBe([PaymentEventType.CaptureFailed, PaymentEventType.RefundFailed], ignoreOrder: true);
    }

    [Fact]
    public async Task A_recapture_after_CAPTURE_FAILED_is_not_swallowed_as_a_duplicate()
    {
        var sent = await DispatchedAsync(
            intake => intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(AdyenBodies.Modification("CAPTURE")))),
            intake => intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(AdyenBodies.Modification("CAPTURE_FAILED", at: "2026-01-15T12:00:00+01:00")))),
            intake => intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(AdyenBodies.Modification("CAPTURE", at: "2026-01-15T13:00:00+01:00", reason: "Transaction Recaptured")))));
        sent.Select(each => each.ProviderEventId).Distinct().Count().ShouldBe(3);
        sent.Select(each => each.ModificationRef).Distinct().ShouldHaveSingleItem();
        sent.MaxBy(each => each.OccurTime)!.EventType.ShouldBe(PaymentEventType.CaptureSucceeded);
    }

    [Fact]
    public async Task An_Adyen_duplicate_with_another_eventDate_is_the_same_event()
    {
        var sent = await DispatchedAsync(
            intake => intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(AdyenBodies.Modification("CAPTURE")))),
            intake => intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(AdyenBodies.Modification("CAPTURE", at: "2026-01-15T14:00:00+01:00")))));
        sent.Select(each => each.ProviderEventId).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_dispute_that_was_won_can_still_be_lost()
    {
        var sent = await DispatchedAsync(
            intake => intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(AdyenBodies.Modification("CHARGEBACK_REVERSED", psp: "DISPUTE000000001")))),
            intake => intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(AdyenBodies.Modification("SECOND_CHARGEBACK", psp: "DISPUTE000000001", at: "2026-01-15T14:00:00+01:00")))));
        sent.MaxBy(each => each.OccurTime)!.EventType.ShouldBe(PaymentEventType.ChargebackLost);
        sent.Select(each => each.ProviderEventId).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task A_replayed_Adyen_item_with_other_unsigned_lines_moves_no_other_units()
    {
        var item = AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION"));
        item["additionalData"]!["metadata.stock_lines"] = """[{"sku":"TEE-M","location_id":"store-1","quantity":99}]""";
        var sent = await DispatchedAsync(intake => intake.PostAdyenAsync(AdyenBodies.Body(item)));
        sent.ShouldHaveSingleItem().Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_snapshot_of_an_unknown_version_is_parked_and_never_answered_with_4xx()
    {
        var sent = await DispatchedAsync(intake => intake.PostSignedAsync(StripeBodies.Event("payment_intent.succeeded", StripeBodies.Intent(received: 1000), version: "2031-01-01.unheard")));
        var parked = sent.ShouldHaveSingleItem();
        parked.EventType.ShouldBe(PaymentEventType.Unreadable);
        parked.Problems.ShouldHaveSingleItem().ShouldContain("api_version");
    }

    [Fact]
    public async Task A_thin_event_that_cannot_be_fetched_is_stored_and_parked()
    {
        var thin = new JsonObject { ["id"] = "evt_thin", ["object"] = "v2.core.event", ["type"] = "v1.payment_intent.succeeded", ["created"] = "2025-10-01T10:00:00.000Z" };
        (await DispatchedAsync(intake => intake.PostSignedAsync(StripeBodies.Bytes(thin)))).ShouldHaveSingleItem().ProviderEventId.ShouldBe("inbox-evt_thin");
    }

    [Fact]
    public async Task A_merchants_item_sent_to_another_accounts_address_is_parked_whoever_signed_it()
    {
        var item = AdyenBodies.Item("AUTHORISATION");
        item["merchantAccountCode"] = "OtherTenantECOM";
        var sent = await DispatchedAsync(intake => intake.PostAdyenAsync(AdyenBodies.Body(AdyenBodies.Signed(item))));
        sent.ShouldHaveSingleItem().EventType.ShouldBe(PaymentEventType.Unreadable);
    }

    [Fact]
    public async Task Metadata_over_Stripes_limit_is_a_problem_and_gives_no_lines()
    {
        var metadata = StripeBodies.Order();
        for (var position = 2; position < 20_000; position++)
        {
            metadata[$"stock_lines_{position}"] = " ";
        }

        var sent = await DispatchedAsync(intake => intake.PostSignedAsync(StripeBodies.Event("payment_intent.amount_capturable_updated", StripeBodies.Intent(capturable: 1000, metadata: metadata))));
        var told = sent.ShouldHaveSingleItem();
        told.Lines.ShouldBeEmpty();
        told.Problems.ShouldHaveSingleItem().ShouldBe("metadata has more than 50 keys");
    }

    [Fact]
    public async Task An_old_and_a_doubled_signature_are_refused_by_name()
    {
        await using var intake = await RunningIntake.StartAsync(await databases.CreateAsync(), InboxDatabase.FreePort());
        var body = StripeBodies.Authorized();
        var now = TimeProvider.System.GetUtcNow();
        (await ReasonOfAsync(intake.PostAsync(body, Signatures.Header(body, RunningIntake.Secret, now.AddMinutes(-6))))).ShouldBe("SIGNATURE_STALE");
        var header = Signatures.Header(body, RunningIntake.Secret, now);
        (await ReasonOfAsync(intake.PostAsync(body, $"{header},{header}"))).ShouldBe("SIGNATURE_MALFORMED");
        (await ReasonOfAsync(intake.PostSignedAsync(body, "whsec_not_configured_any_more"))).ShouldBe("SIGNATURE_MISMATCH");

        var retired = AdyenBodies.Body(AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION"), new string('7', 64)));
        (await ReasonOfAsync(intake.PostAdyenAsync(retired))).ShouldBe("SIGNATURE_MISMATCH");
        var platform = """{"type":"balancePlatform.transfer.created"}"""u8.ToArray();
        var signature = AdyenBodies.Signature(platform, AdyenBodies.Key);
        (await ReasonOfAsync(intake.PostAdyenAsync(platform, signature: $"{signature},{signature}"))).ShouldBe("SIGNATURE_MALFORMED");
        (await intake.CountAsync("true")).ShouldBe(0);
    }

    private Task<IReadOnlyList<PaymentEvent>> DispatchedAsync(params Func<RunningIntake, Task<HttpResponseMessage>>[] posts) => Dispatched.FromAsync(databases, posts);

    private static async Task<string?> ReasonOfAsync(Task<HttpResponseMessage> answer)
    {
        using var response = await answer;
        ((int)response.StatusCode).ShouldBeInRange(400, 499);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return problem.RootElement.GetProperty("reason").GetString();
    }
}
