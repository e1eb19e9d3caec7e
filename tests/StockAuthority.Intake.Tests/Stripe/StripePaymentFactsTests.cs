using System.Text.Json.Nodes;
using CsCheck;
using Shouldly;
using StockAuthority.Intake.Stripe;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests.Stripe;

/// <summary>Types beyond the ones that authorize, capture and cancel: failures, expiry, refunds, disputes and payouts.</summary>
public sealed class StripePaymentFactsTests
{
    private static readonly StripeAccount Account = new("tenant-1", ["whsec_test"], StripeApiVersions.Known);

    [Fact]
    public void An_uncaptured_charge_is_the_same_authorization_as_its_intents_event()
    {
        var charge = Translate("charge.succeeded", StripeBodies.Charge(captured: 0, isCaptured: false));
        var intent = Translate("payment_intent.amount_capturable_updated", StripeBodies.Intent(capturable: 1000));
        FactOf(charge).ShouldBe((PaymentEventType.AuthCreated, "pi_1", "pi_1", 1000, true));
        FactOf(charge).ShouldBe(FactOf(intent));
        charge.OrderRef.ShouldBe("order-1");
        charge.Lines.ShouldBe(intent.Lines);
    }

    [Fact]
    public void A_charge_that_is_captured_at_once_is_the_same_capture_as_its_intents_event() =>
        FactOf(Translate("charge.succeeded", StripeBodies.Charge())).ShouldBe(FactOf(Translate("payment_intent.succeeded", StripeBodies.Intent(received: 1000))));

    [Fact]
    public void What_is_authorized_does_not_shrink_with_what_was_captured_of_it_already() =>
        FactOf(Translate("payment_intent.amount_capturable_updated", StripeBodies.Intent(capturable: 600, received: 400)))
            .ShouldBe((PaymentEventType.AuthCreated, "pi_1", "pi_1", 1000, true));

    [Fact]
    public void A_declined_attempt_is_one_auth_failed_under_both_of_its_events()
    {
        var charge = Translate("charge.failed", StripeBodies.Charge(captured: 0, isCaptured: false));
        FactOf(charge).ShouldBe((PaymentEventType.AuthFailed, "pi_1", "ch_1", 1000, true));
        FactOf(charge).ShouldBe(FactOf(Translate("payment_intent.payment_failed", StripeBodies.Intent())));
    }

    [Fact]
    public void An_attempt_that_failed_before_a_charge_was_made_is_auth_failed_of_the_intent()
    {
        var intent = StripeBodies.Intent();
        intent["latest_charge"] = null;
        FactOf(Translate("payment_intent.payment_failed", intent)).ShouldBe((PaymentEventType.AuthFailed, "pi_1", "pi_1", 1000, true));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("requested_by_customer")]
    [InlineData("automatic")]
    [InlineData("expired")]
    public void An_authorization_that_expired_or_was_cancelled_is_one_auth_voided_under_all_of_its_events(string? reason)
    {
        var intent = StripeBodies.Intent();
        intent["cancellation_reason"] = reason;
        var expired = Translate("charge.expired", StripeBodies.Charge(captured: 0, isCaptured: false));
        FactOf(expired).ShouldBe((PaymentEventType.AuthVoided, "pi_1", "pi_1", 1000, true));
        FactOf(expired).ShouldBe(FactOf(Translate("payment_intent.canceled", intent)));
    }

    [Theory]
    [InlineData("refund.created")]
    [InlineData("refund.updated")]
    [InlineData("charge.refund.updated")]
    public void A_refund_that_went_through_is_refund_posted_under_its_own_id(string type)
    {
        var refund = Translate(type, StripeBodies.Refund(amount: 250));
        FactOf(refund).ShouldBe((PaymentEventType.RefundPosted, "pi_1", "re_1", 250, false));
        refund.OrderRef.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("refund.failed", "failed")]
    [InlineData("refund.updated", "failed")]
    [InlineData("charge.refund.updated", "canceled")]
    public void A_refund_that_did_not_go_through_is_refund_failed(string type, string status) =>
        FactOf(Translate(type, StripeBodies.Refund(status))).ShouldBe((PaymentEventType.RefundFailed, "pi_1", "re_1", 1000, false));

    [Theory]
    [InlineData("pending")]
    [InlineData("requires_action")]
    public void A_refund_that_is_still_on_its_way_says_nothing_yet_and_its_record_says_why(string status)
    {
        var refund = Translate("refund.created", StripeBodies.Refund(status));
        refund.EventType.ShouldBe(PaymentEventType.Unknown);
        refund.ProviderEventType.ShouldBe($"refund {status}");
        refund.Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("refund.created", "reversed")]
    [InlineData("charge.dispute.updated", "charge_reversed")]
    [InlineData("charge.dispute.closed", "under_review")]
    public void A_status_that_is_not_known_or_contradicts_the_type_is_parked_and_never_guessed(string type, string status)
    {
        var parked = Translate(type, type.StartsWith("refund", StringComparison.Ordinal) ? StripeBodies.Refund(status) : StripeBodies.Dispute(status));
        parked.EventType.ShouldBe(PaymentEventType.Unreadable);
        parked.Problems.ShouldContain(problem => problem.Contains("data.object.status", StringComparison.Ordinal));
        parked.Problems.ShouldAllBe(problem => !problem.Contains(status, StringComparison.Ordinal));
    }

    [Fact]
    public void A_refund_of_a_charge_without_an_intent_is_of_the_charge()
    {
        var refund = StripeBodies.Refund();
        refund["payment_intent"] = null;
        Translate("refund.created", refund).PaymentObjectId.ShouldBe("ch_1");
    }

    [Theory]
    [InlineData(1000, true)]
    [InlineData(999, false)]
    public void A_refund_that_comes_with_its_charge_knows_whether_it_is_the_whole(long amount, bool isWhole) =>
        Translate("refund.created", StripeBodies.Refund(amount: amount, charge: StripeBodies.Charge())).FullAmount.ShouldBe(isWhole);

    [Fact]
    public void The_refund_of_an_authorization_that_was_never_captured_is_its_release() =>
        FactOf(Translate("refund.created", StripeBodies.Refund(charge: StripeBodies.Charge(captured: 0, refunded: 1000, isCaptured: false, isRefunded: true))))
            .ShouldBe((PaymentEventType.AuthVoided, "pi_1", "pi_1", 1000, true));

    [Fact]
    public void A_charges_event_names_the_newest_of_its_refunds_and_the_last_one_makes_the_whole()
    {
        var charge = StripeBodies.WithRefunds(StripeBodies.Charge(refunded: 1000, isRefunded: true), StripeBodies.Refund(id: "re_2", amount: 600), StripeBodies.Refund(id: "re_1", amount: 400));
        FactOf(Translate("charge.refunded", charge)).ShouldBe((PaymentEventType.RefundPosted, "pi_1", "re_2", 600, true));
    }

    [Fact]
    public void A_charges_event_without_its_refunds_is_no_second_fact_of_the_refund() =>
        Gen.Select(Gen.Long[1, 5000], Gen.Bool).Sample((refunded, isRefunded) =>
        {
            var told = Translate("charge.refunded", StripeBodies.Charge(5000, 5000, refunded, isRefunded: isRefunded));
            told.EventType.ShouldBe(PaymentEventType.Unknown);
            told.ProviderEventType.ShouldBe("charge.refunded without its refunds");
            told.ProviderEventId.ShouldBe("evt_1");
        });

    [Theory]
    [InlineData("charge.dispute.created", "needs_response", PaymentEventType.ChargebackOpened)]
    [InlineData("charge.dispute.created", "warning_needs_response", PaymentEventType.ChargebackOpened)]
    [InlineData("charge.dispute.created", "lost", PaymentEventType.ChargebackOpened)]
    [InlineData("charge.dispute.updated", "under_review", PaymentEventType.ChargebackOpened)]
    [InlineData("charge.dispute.updated", "warning_under_review", PaymentEventType.ChargebackOpened)]
    [InlineData("charge.dispute.updated", "won", PaymentEventType.ChargebackWon)]
    [InlineData("charge.dispute.funds_withdrawn", "needs_response", PaymentEventType.ChargebackOpened)]
    [InlineData("charge.dispute.funds_withdrawn", "lost", PaymentEventType.ChargebackLost)]
    [InlineData("charge.dispute.funds_reinstated", "won", PaymentEventType.ChargebackWon)]
    [InlineData("charge.dispute.closed", "won", PaymentEventType.ChargebackWon)]
    [InlineData("charge.dispute.closed", "warning_closed", PaymentEventType.ChargebackWon)]
    [InlineData("charge.dispute.closed", "prevented", PaymentEventType.ChargebackWon)]
    [InlineData("charge.dispute.closed", "lost", PaymentEventType.ChargebackLost)]
    public void A_dispute_is_told_with_the_state_of_its_case_under_the_cases_id(string type, string status, PaymentEventType expected)
    {
        var told = Translate(type, StripeBodies.Dispute(status));
        FactOf(told).ShouldBe((expected, "pi_1", "dp_1", 1000, false));
        told.CaseId.ShouldBe("dp_1");
        told.RespondByTime.Seconds.ShouldBe(StripeBodies.CreatedSeconds + 864_000);
        told.OrderRef.ShouldBeEmpty();
        told.Problems.ShouldBeEmpty();
    }

    [Fact]
    public void A_charge_says_how_it_is_paid()
    {
        Translate("charge.succeeded", StripeBodies.Charge()).PaymentMethod.ShouldBeEmpty();
        var charge = StripeBodies.Charge();
        charge["payment_method_details"] = new JsonObject { ["type"] = "klarna" };
        Translate("charge.succeeded", charge).PaymentMethod.ShouldBe("klarna");
    }

    [Fact]
    public void A_reconciled_payout_is_settlement_confirmed_and_one_that_is_only_expected_is_not_translated()
    {
        var reconciled = Translate("payout.reconciliation_completed", StripeBodies.Payout());
        reconciled.EventType.ShouldBe(PaymentEventType.SettlementConfirmed);
        reconciled.ModificationRef.ShouldBe("po_1");
        Translate("payout.paid", StripeBodies.Payout()).EventType.ShouldBe(PaymentEventType.Unknown);
        Translate("payout.failed", StripeBodies.Payout("failed")).EventType.ShouldBe(PaymentEventType.Unknown);
    }

    [Theory]
    [MemberData(nameof(AllTypes))]
    public void Whatever_the_type_a_body_without_its_fields_is_parked_with_their_names(string type)
    {
        var parked = Translate(type, []);
        parked.EventType.ShouldBe(PaymentEventType.Unreadable);
        parked.ProviderEventId.ShouldBe("inbox-evt_1");
        parked.Problems.Count.ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData("2022-11-15")]
    [InlineData("2023-10-16")]
    [InlineData("2024-06-20")]
    [InlineData("2025-03-31.basil")]
    [InlineData("2025-09-30.clover")]
    public void Snapshots_of_every_known_version_say_the_same(string version)
    {
        var told = StripeTranslation.Translate(Rows.Of(StripeBodies.Event("refund.created", StripeBodies.Refund(), version: version)), Account);
        told.ShouldBe(Translate("refund.created", StripeBodies.Refund()));
    }

    public static TheoryData<string> AllTypes() => [.. StripePaymentFacts.Types];

    private static (PaymentEventType Type, string Payment, string Reference, long Amount, bool IsFull) FactOf(PaymentEvent told) =>
        (told.EventType, told.PaymentObjectId, told.ModificationRef, told.Amount?.MinorUnits ?? -1, told.FullAmount);

    private static PaymentEvent Translate(string type, JsonObject payload) => StripeTranslation.Translate(Rows.Of(StripeBodies.Event(type, payload)), Account);
}
