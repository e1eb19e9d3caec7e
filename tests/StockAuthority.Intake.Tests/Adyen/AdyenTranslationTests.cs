using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Shouldly;
using StockAuthority.Intake.Adyen;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests.Adyen;

public sealed class AdyenTranslationTests
{
    private static readonly AdyenAccount Account = new(RunningIntake.Tenant, AdyenBodies.MerchantAccount, [], ImmediateCapture: false);

    [Fact]
    public void An_authorization_is_auth_created_with_its_order_and_never_with_lines()
    {
        var item = AdyenBodies.Item("AUTHORISATION");
        item["additionalData"]!["metadata.order_ref"] = "order-9";
        item["additionalData"]!["metadata.stock_lines"] = """[{"sku":"TEE-M","location_id":"store-1","quantity":2}]""";
        var translated = Translate(item);

        translated.EventType.ShouldBe(PaymentEventType.AuthCreated);
        translated.Provider.ShouldBe("adyen");
        translated.Account.ShouldBe("shop");
        translated.ProviderEventId.ShouldBe("PAYMENT000000001:AUTHORISATION:true");
        translated.ProviderEventType.ShouldBe("AUTHORISATION");
        translated.PaymentObjectId.ShouldBe(AdyenBodies.Payment);
        translated.ModificationRef.ShouldBe(AdyenBodies.Payment);
        translated.OrderRef.ShouldBe("order-1");
        translated.Lines.ShouldBeEmpty();
        translated.Amount.ShouldBe(new Money { Currency = "EUR", MinorUnits = 1000 });
        translated.FullAmount.ShouldBeTrue();
        translated.OccurTime.ToDateTimeOffset().ShouldBe(Rows.ReceivedAt.AddHours(-2));
        translated.SchemaVersion.ShouldBe(2);
        translated.Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("CAPTURE", true, PaymentEventType.CaptureSucceeded)]
    [InlineData("CAPTURE", false, PaymentEventType.CaptureFailed)]
    [InlineData("CAPTURE_FAILED", true, PaymentEventType.CaptureFailed)]
    [InlineData("REFUND", true, PaymentEventType.RefundPosted)]
    [InlineData("REFUND", false, PaymentEventType.RefundFailed)]
    [InlineData("REFUND_FAILED", true, PaymentEventType.RefundFailed)]
    [InlineData("REFUNDED_REVERSED", true, PaymentEventType.RefundFailed)]
    [InlineData("NOTIFICATION_OF_CHARGEBACK", true, PaymentEventType.ChargebackOpened)]
    [InlineData("CHARGEBACK", true, PaymentEventType.ChargebackOpened)]
    [InlineData("CHARGEBACK_REVERSED", true, PaymentEventType.ChargebackWon)]
    [InlineData("PREARBITRATION_WON", true, PaymentEventType.ChargebackWon)]
    [InlineData("SCHEME_ARBITRATION_WON", true, PaymentEventType.ChargebackWon)]
    [InlineData("SECOND_CHARGEBACK", true, PaymentEventType.ChargebackLost)]
    [InlineData("PREARBITRATION_LOST", true, PaymentEventType.ChargebackLost)]
    [InlineData("SCHEME_ARBITRATION_LOST", true, PaymentEventType.ChargebackLost)]
    [InlineData("DISPUTE_DEFENSE_PERIOD_ENDED", true, PaymentEventType.ChargebackLost)]
    public void Of_a_modification_pspReference_is_its_own_and_originalReference_the_payment(string code, bool success, PaymentEventType type)
    {
        var translated = Translate(AdyenBodies.Modification(code, success, "MODIFICATION0001"));
        translated.EventType.ShouldBe(type);
        translated.PaymentObjectId.ShouldBe(AdyenBodies.Payment);
        translated.ModificationRef.ShouldBe("MODIFICATION0001");
        translated.OrderRef.ShouldBeEmpty();
        translated.FullAmount.ShouldBeFalse();
        translated.Amount.MinorUnits.ShouldBe(1000);
        translated.ProviderEventType.ShouldBe(success ? code : $"{code} success=false");
    }

    [Fact]
    public void A_dispute_has_its_case_and_the_end_of_its_defence_and_a_payment_its_method()
    {
        var item = AdyenBodies.Modification("NOTIFICATION_OF_CHARGEBACK", true, "DISPUTE000000001");
        item["additionalData"] = new JsonObject { ["defensePeriodEndsAt"] = "2026-02-03T04:05:06+02:00" };
        item["paymentMethod"] = "Klarna";

        var translated = Translate(item);

        translated.CaseId.ShouldBe("DISPUTE000000001");
        translated.RespondByTime.ToDateTimeOffset().ShouldBe(new DateTimeOffset(2026, 2, 3, 2, 5, 6, TimeSpan.Zero));
        translated.PaymentMethod.ShouldBe("klarna");

        item["additionalData"] = new JsonObject { ["defensePeriodEndsAt"] = "soon" };
        item["paymentMethod"] = "no method\n";
        (Translate(item).RespondByTime, Translate(item).PaymentMethod).ShouldBe((null, ""));
        Translate(item).Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("CANCELLATION")]
    [InlineData("TECHNICAL_CANCEL")]
    public void A_cancellation_is_auth_voided_whichever_code_reports_it_and_a_refused_one_is_nothing(string code)
    {
        var voided = Translate(AdyenBodies.Modification(code));
        voided.EventType.ShouldBe(PaymentEventType.AuthVoided);
        voided.PaymentObjectId.ShouldBe(AdyenBodies.Payment);
        voided.ModificationRef.ShouldBe(AdyenBodies.Payment);

        var refused = Translate(AdyenBodies.Modification(code, success: false));
        refused.EventType.ShouldBe(PaymentEventType.Unknown);
        refused.ProviderEventType.ShouldBe($"{code} success=false");
    }

    [Theory]
    [InlineData("cancel", true, PaymentEventType.AuthVoided)]
    [InlineData("refund", true, PaymentEventType.RefundPosted)]
    [InlineData("other", true, PaymentEventType.Unreadable)]
    [InlineData(null, true, PaymentEventType.Unreadable)]
    [InlineData("cancel", false, PaymentEventType.Unknown)]
    public void Cancel_or_refund_is_what_its_action_says_and_never_guessed(string? action, bool success, PaymentEventType type) =>
        Translate(AdyenBodies.Item("CANCEL_OR_REFUND", success, "MODIFICATION0001", AdyenBodies.Payment, action: action)).EventType.ShouldBe(type);

    [Theory]
    [InlineData("EXPIRE")]
    [InlineData("OFFER_CLOSED")]
    public void An_expiry_carries_only_the_reference_of_the_payment(string code)
    {
        var translated = Translate(AdyenBodies.Item(code));
        translated.EventType.ShouldBe(PaymentEventType.AuthVoided);
        translated.PaymentObjectId.ShouldBe(AdyenBodies.Payment);
        translated.OrderRef.ShouldBe("order-1");
    }

    [Fact]
    public void A_refused_authorization_is_auth_failed_of_its_own_payment_only()
    {
        var translated = Translate(AdyenBodies.Item("AUTHORISATION", success: false, psp: "PAYMENT000000002"));
        translated.EventType.ShouldBe(PaymentEventType.AuthFailed);
        translated.PaymentObjectId.ShouldBe("PAYMENT000000002");
    }

    [Fact]
    public void A_report_is_a_settlement_of_payments_that_are_not_known_yet_and_its_address_is_not_kept()
    {
        var translated = Translate(AdyenBodies.Item("REPORT_AVAILABLE", psp: "settlement_detail_report_batch_1.csv", merchantReference: "", reason: "https://evil.example/report"));
        translated.EventType.ShouldBe(PaymentEventType.SettlementConfirmed);
        translated.PaymentObjectId.ShouldBeEmpty();
        translated.ToString().ShouldNotContain("evil.example");
    }

    [Fact]
    public void A_card_that_is_only_checked_is_no_payment_of_an_order() =>
        Translate(AdyenBodies.Item("AUTHORISATION", value: 0)).EventType.ShouldBe(PaymentEventType.Unknown);

    [Fact]
    public void With_immediate_capture_an_authorization_is_the_capture_and_what_follows_is_about_that_one_capture()
    {
        var account = Account with { ImmediateCapture = true };
        var authorised = Translate(AdyenBodies.Item("AUTHORISATION"), account);
        authorised.EventType.ShouldBe(PaymentEventType.CaptureSucceeded);
        authorised.FullAmount.ShouldBeTrue();
        authorised.OrderRef.ShouldBe("order-1");
        foreach (var (code, type) in new[] { ("CAPTURE", PaymentEventType.CaptureSucceeded), ("CAPTURE_FAILED", PaymentEventType.CaptureFailed) })
        {
            var later = Translate(AdyenBodies.Modification(code), account);
            later.EventType.ShouldBe(type);
            later.PaymentObjectId.ShouldBe(authorised.PaymentObjectId);
            later.ModificationRef.ShouldBe(authorised.ModificationRef);
        }

        Translate(AdyenBodies.Item("AUTHORISATION", success: false), account).EventType.ShouldBe(PaymentEventType.AuthFailed);
    }

    [Fact]
    public void A_duplicate_is_the_same_event_whatever_its_date_and_other_unsigned_fields_say()
    {
        var first = Translate(AdyenBodies.Modification("CAPTURE"));
        var again = Translate(AdyenBodies.Modification("CAPTURE", at: "2026-01-15T11:59:00+00:00", reason: "other"));
        again.ProviderEventId.ShouldBe(first.ProviderEventId);
        Translate(AdyenBodies.Modification("CAPTURE", success: false)).ProviderEventId.ShouldNotBe(first.ProviderEventId);
    }

    [Fact]
    public void A_recapture_after_a_failed_capture_is_another_event_of_the_same_capture()
    {
        var captured = Translate(AdyenBodies.Modification("CAPTURE"));
        var recaptured = Translate(AdyenBodies.Modification("CAPTURE", at: "2026-01-15T11:50:00+00:00", reason: "Transaction Recaptured"));
        recaptured.ProviderEventId.ShouldNotBe(captured.ProviderEventId);
        recaptured.ModificationRef.ShouldBe(captured.ModificationRef);
        recaptured.EventType.ShouldBe(PaymentEventType.CaptureSucceeded);
    }

    [Theory]
    [InlineData("AUTHORISATION_ADJUSTMENT")]
    [InlineData("ORDER_CLOSED")]
    [InlineData("SOMETHING_OF_TOMORROW")]
    public void Any_other_code_is_unknown_and_keeps_its_own_name_and_id(string code)
    {
        var translated = Translate(AdyenBodies.Item(code));
        translated.EventType.ShouldBe(PaymentEventType.Unknown);
        translated.ProviderEventType.ShouldBe(code);
        translated.ProviderEventId.ShouldBe($"{AdyenBodies.Payment}:{code}:true");
        translated.Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("CAPTURE_FAILED")]
    [InlineData("EXPIRE")]
    [InlineData("CHARGEBACK")]
    public void A_report_of_what_happened_that_says_it_did_not_is_held(string code) =>
        Translate(AdyenBodies.Item(code, success: false, original: AdyenBodies.Payment)).EventType.ShouldBe(PaymentEventType.Unreadable);

    [Theory]
    [InlineData("pspReference")]
    [InlineData("originalReference")]
    [InlineData("merchantAccountCode")]
    [InlineData("eventCode")]
    [InlineData("eventDate")]
    [InlineData("success")]
    [InlineData("amount")]
    public void A_capture_that_lacks_what_decides_its_meaning_is_held_and_never_guessed(string field)
    {
        var item = AdyenBodies.Modification("CAPTURE");
        item.Remove(field);
        var translated = Translate(item);
        translated.EventType.ShouldBe(PaymentEventType.Unreadable);
        translated.ProviderEventId.ShouldStartWith("inbox-");
        translated.Problems.ShouldContain(problem => problem.Contains($"{field}", StringComparison.Ordinal) && problem.EndsWith("is missing", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("value", "-1")]
    [InlineData("value", "0")]
    [InlineData("value", "10.5")]
    [InlineData("value", "\"1000\"")]
    [InlineData("value", "9223372036854775808")]
    [InlineData("currency", "\"EURO\"")]
    [InlineData("currency", "17")]
    public void An_amount_that_cannot_be_is_held(string field, string value)
    {
        var item = AdyenBodies.Modification("CAPTURE");
        item["amount"]![field] = JsonNode.Parse(value);
        var translated = Translate(item);
        translated.EventType.ShouldBe(PaymentEventType.Unreadable);
        translated.ProviderEventId.ShouldBe("inbox-CAPTURE000000001:CAPTURE:true");
        translated.Problems.ShouldContain(problem => problem.StartsWith($"item.amount.{field}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("2026-01-15T11:30:00")]
    [InlineData("2026-01-15")]
    [InlineData("yesterday")]
    [InlineData("2026-01-17T11:30:00Z")]
    public void A_date_without_an_offset_or_from_the_future_is_held(string at) =>
        Translate(AdyenBodies.Modification("CAPTURE", at: at)).Problems.ShouldHaveSingleItem().ShouldStartWith("item.eventDate");

    [Fact]
    public void A_signed_item_of_another_merchant_account_is_held()
    {
        var item = AdyenBodies.Item("AUTHORISATION");
        item["merchantAccountCode"] = "OtherECOM";
        var translated = Translate(item);
        translated.EventType.ShouldBe(PaymentEventType.Unreadable);
        translated.Problems.ShouldHaveSingleItem().ShouldContain("merchantAccountCode");
    }

    [Fact]
    public void An_order_ref_that_could_not_be_stored_is_a_problem_and_nothing_else_is_lost()
    {
        var translated = Translate(AdyenBodies.Item("AUTHORISATION", merchantReference: new string('x', 129)));
        translated.EventType.ShouldBe(PaymentEventType.AuthCreated);
        translated.OrderRef.ShouldBeEmpty();
        translated.Problems.ShouldHaveSingleItem().ShouldStartWith("item.merchantReference");
    }

    [Fact]
    public void Each_item_of_a_body_is_an_event_of_its_own_and_so_is_each_that_cannot_be_read()
    {
        var body = AdyenBodies.Body(AdyenBodies.Item("AUTHORISATION"), AdyenBodies.Modification("CAPTURE"), [], []);
        Translate(body, 0).EventType.ShouldBe(PaymentEventType.AuthCreated);
        Translate(body, 1).EventType.ShouldBe(PaymentEventType.CaptureSucceeded);
        Translate(body, 2).EventType.ShouldBe(PaymentEventType.Unreadable);
        Translate(body, 3).ProviderEventId.ShouldNotBe(Translate(body, 2).ProviderEventId);
    }

    [Fact]
    public void A_platform_webhook_is_a_type_that_is_not_translated()
    {
        var translated = Translate("""{"type":"balancePlatform.transfer.created","data":{}}"""u8.ToArray());
        translated.EventType.ShouldBe(PaymentEventType.Unknown);
        translated.ProviderEventType.ShouldBe("balancePlatform.transfer.created");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"type\":\"\\ud800\"}")]
    [InlineData("{\"notificationItems\":[]}")]
    [InlineData("{\"notificationItems\":[7]}")]
    [InlineData("{\"notificationItems\":[{\"NotificationRequestItem\":{\"pspReference\":\"a\",\"pspReference\":\"b\"}}]}")]
    public void What_is_not_a_readable_event_is_held_under_an_id_of_its_bytes(string body)
    {
        var translated = Translate(Encoding.UTF8.GetBytes(body));
        translated.EventType.ShouldBe(PaymentEventType.Unreadable);
        translated.ProviderEventId.Length.ShouldBe("inbox-".Length + 64);
        translated.Problems.ShouldNotBeEmpty();
    }

    [Fact]
    public void Any_bytes_at_all_give_an_event() => Gen.Byte.Array[0, 200].Sample(body => Translate(body).ShouldNotBeNull());

    private static PaymentEvent Translate(JsonObject item, AdyenAccount? account = null) => Translate(AdyenBodies.Body(item), 0, account);

    private static PaymentEvent Translate(byte[] body, int position = 0, AdyenAccount? account = null) =>
        AdyenTranslation.Translate(Rows.Of(body, position, "adyen"), account ?? Account);
}
