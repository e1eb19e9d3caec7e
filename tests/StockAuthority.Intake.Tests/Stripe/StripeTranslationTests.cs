using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Shouldly;
using StockAuthority.Intake.Stripe;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Tests.Stripe;

public sealed class StripeTranslationTests
{
    private static readonly StripeAccount Account = new("tenant-1", ["whsec_test"], StripeApiVersions.Known);

    [Fact]
    public void An_authorization_is_auth_created_with_its_order_and_lines()
    {
        var translated = Translate("payment_intent.amount_capturable_updated", StripeBodies.Intent(capturable: 1000));

        translated.EventType.ShouldBe(PaymentEventType.AuthCreated);
        translated.Provider.ShouldBe("stripe");
        translated.Account.ShouldBe("shop");
        translated.ProviderEventId.ShouldBe("evt_1");
        translated.ProviderEventType.ShouldBe("payment_intent.amount_capturable_updated");
        translated.PaymentObjectId.ShouldBe("pi_1");
        translated.ModificationRef.ShouldBe("pi_1");
        translated.OrderRef.ShouldBe("order-1");
        translated.Lines.Single().ShouldBe(new() { Sku = "TEE-M", LocationId = "store-1", Quantity = 2 });
        translated.Amount.ShouldBe(new Money { Currency = "EUR", MinorUnits = 1000 });
        translated.FullAmount.ShouldBeTrue();
        translated.OccurTime.Seconds.ShouldBe(StripeBodies.CreatedSeconds);
        translated.OccurTime.Nanos.ShouldBe(0);
        translated.SchemaVersion.ShouldBe(2);
        translated.Problems.ShouldBeEmpty();
    }

    [Fact]
    public void A_cancelled_intent_is_auth_voided()
    {
        var translated = Translate("payment_intent.canceled", StripeBodies.Intent());
        translated.EventType.ShouldBe(PaymentEventType.AuthVoided);
        translated.ModificationRef.ShouldBe("pi_1");
        translated.FullAmount.ShouldBeTrue();
    }

    [Fact]
    public void A_cancelled_rest_of_a_partly_captured_intent_is_not_the_full_amount()
    {
        var translated = Translate("payment_intent.canceled", StripeBodies.Intent(received: 400));
        translated.FullAmount.ShouldBeFalse();
        translated.Amount.MinorUnits.ShouldBe(600);
    }

    [Fact]
    public void One_capture_has_one_modification_reference_under_both_of_its_events() =>
        Gen.Select(Gen.Long[1, 1_000_000], Gen.Long[0, 1_000_000]).Sample((captured, rest) =>
        {
            var amount = captured + rest;
            var intent = Translate("payment_intent.succeeded", StripeBodies.Intent(amount, received: captured));
            var charge = Translate("charge.captured", StripeBodies.Charge(amount, captured, refunded: rest));

            intent.EventType.ShouldBe(PaymentEventType.CaptureSucceeded);
            charge.EventType.ShouldBe(PaymentEventType.CaptureSucceeded);
            charge.PaymentObjectId.ShouldBe(intent.PaymentObjectId);
            charge.ModificationRef.ShouldBe(intent.ModificationRef);
            charge.ModificationRef.ShouldBe("ch_1");
            charge.Amount.ShouldBe(intent.Amount);
            charge.FullAmount.ShouldBe(rest == 0);
            intent.FullAmount.ShouldBe(rest == 0);
        });

    [Fact]
    public void Expanded_objects_are_read_by_their_id()
    {
        var intent = StripeBodies.Intent(received: 1000, latestCharge: new JsonObject { ["id"] = "ch_9", ["object"] = "charge" });
        Translate("payment_intent.succeeded", intent).ModificationRef.ShouldBe("ch_9");

        var charge = StripeBodies.Charge(intent: new JsonObject { ["id"] = "pi_9", ["object"] = "payment_intent" });
        Translate("charge.captured", charge).PaymentObjectId.ShouldBe("pi_9");
    }

    [Fact]
    public void A_charge_without_an_intent_is_its_own_payment()
    {
        var charge = StripeBodies.Charge();
        charge["payment_intent"] = null;
        Translate("charge.captured", charge).PaymentObjectId.ShouldBe("ch_1");
    }

    [Fact]
    public void A_refund_that_follows_a_cancelled_authorization_is_auth_voided()
    {
        var translated = Translate("charge.refunded", StripeBodies.Charge(captured: 0, refunded: 1000, isCaptured: false, isRefunded: true));
        translated.EventType.ShouldBe(PaymentEventType.AuthVoided);
        translated.PaymentObjectId.ShouldBe("pi_1");
        translated.ModificationRef.ShouldBe("pi_1");
    }

    [Fact]
    public void The_part_that_a_partial_capture_let_go_is_no_refund_but_the_capture_again()
    {
        var translated = Translate("charge.refunded", StripeBodies.Charge(captured: 600, refunded: 400));
        translated.EventType.ShouldBe(PaymentEventType.CaptureSucceeded);
        translated.ModificationRef.ShouldBe("ch_1");
        translated.Amount.MinorUnits.ShouldBe(600);
        translated.FullAmount.ShouldBeFalse();
    }

    [Fact]
    public void Any_other_type_is_unknown_and_keeps_its_own_name_and_id()
    {
        var translated = Translate("customer.created", new JsonObject { ["id"] = "cus_1", ["object"] = "customer" });
        translated.EventType.ShouldBe(PaymentEventType.Unknown);
        translated.ProviderEventId.ShouldBe("evt_1");
        translated.ProviderEventType.ShouldBe("customer.created");
        translated.Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}x")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"id\":\"evt_1\",\"id\":\"evt_2\"}")]
    [InlineData("{\"id\":\"\\ud800\"}")]
    [InlineData("{\"\\ud800\":1}")]
    public void What_is_not_a_readable_event_is_held_under_an_id_of_its_bytes(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var translated = Translate(bytes);
        translated.EventType.ShouldBe(PaymentEventType.Unreadable);
        translated.ProviderEventId.ShouldStartWith("inbox-");
        translated.ProviderEventId.Length.ShouldBeLessThanOrEqualTo(128);
        translated.Problems.ShouldNotBeEmpty();
        translated.ShouldBe(Translate([.. bytes]));
        translated.ProviderEventId.ShouldNotBe(Translate([.. bytes, (byte)' ']).ProviderEventId);
    }

    [Theory]
    [InlineData("id")]
    [InlineData("type")]
    [InlineData("data")]
    [InlineData("created")]
    [InlineData("api_version")]
    public void An_event_that_lacks_a_part_of_its_envelope_is_held(string part)
    {
        var json = StripeBodies.EventJson("payment_intent.succeeded", StripeBodies.Intent(received: 1000));
        json.Remove(part);
        var translated = Translate(StripeBodies.Bytes(json));
        translated.EventType.ShouldBe(PaymentEventType.Unreadable);
        translated.Problems.ShouldContain(problem => problem.Contains(part, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("id")]
    [InlineData("amount")]
    [InlineData("amount_received")]
    [InlineData("currency")]
    [InlineData("latest_charge")]
    public void A_capture_that_lacks_what_decides_its_meaning_is_held_and_never_guessed(string field)
    {
        var intent = StripeBodies.Intent(received: 1000);
        intent.Remove(field);
        var translated = Translate("payment_intent.succeeded", intent);
        translated.EventType.ShouldBe(PaymentEventType.Unreadable);
        translated.ProviderEventId.ShouldBe("inbox-evt_1");
        translated.Problems.ShouldContain($"data.object.{field} is missing");
    }

    [Theory]
    [InlineData("\"1000\"")]
    [InlineData("10.5")]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("9223372036854775808")]
    public void A_captured_amount_that_cannot_be_is_held(string amount)
    {
        var intent = StripeBodies.Intent();
        intent["amount_received"] = JsonNode.Parse(amount);
        Translate("payment_intent.succeeded", intent).EventType.ShouldBe(PaymentEventType.Unreadable);
    }

    [Fact]
    public void A_thin_event_is_held_and_says_so()
    {
        var translated = Translate(StripeBodies.Bytes(new JsonObject
        {
            ["id"] = "evt_thin",
            ["object"] = "v2.core.event",
            ["type"] = "v1.payment_intent.succeeded",
            ["created"] = "2025-10-01T10:00:00.000Z",
            ["related_object"] = new JsonObject { ["id"] = "pi_1", ["type"] = "payment_intent", ["url"] = "/v1/payment_intents/pi_1" },
        }));
        translated.EventType.ShouldBe(PaymentEventType.Unreadable);
        translated.ProviderEventId.ShouldBe("inbox-evt_thin");
        translated.ProviderEventType.ShouldBe("v1.payment_intent.succeeded");
        translated.Problems.Single().ShouldContain("thin event");
    }

    [Theory]
    [InlineData("2024-06-20", true)]
    [InlineData("2025-03-31.basil", true)]
    [InlineData("2025-09-30.clover", true)]
    [InlineData("2019-01-01", false)]
    [InlineData("2031-01-01.unheard", false)]
    [InlineData("2025-03-31.notbasil", false)]
    [InlineData(".basil", false)]
    public void A_version_that_is_not_known_is_held_and_never_guessed(string version, bool isKnown)
    {
        var translated = Translate(StripeBodies.Event("payment_intent.succeeded", StripeBodies.Intent(received: 1000), version: version));
        translated.EventType.ShouldBe(isKnown ? PaymentEventType.CaptureSucceeded : PaymentEventType.Unreadable);
        if (!isKnown)
        {
            translated.Problems.Single().ShouldContain("api_version");
        }
    }

    [Fact]
    public void The_version_that_the_SDK_is_made_for_is_known() =>
        StripeApiVersions.Known.Contains(global::Stripe.StripeConfiguration.ApiVersion).ShouldBeTrue();

    [Fact]
    public void An_accounts_own_versions_replace_the_known_ones()
    {
        var body = StripeBodies.Event("payment_intent.succeeded", StripeBodies.Intent(received: 1000), version: "2019-01-01");
        StripeTranslation.Translate(Rows.Of(body), Account with { ApiVersions = new StripeApiVersions(["2019-01-01"]) }).EventType.ShouldBe(PaymentEventType.CaptureSucceeded);
    }

    [Fact]
    public void Any_bytes_at_all_give_an_event() => Gen.Byte.Array[0, 200].Sample(body => Translate(body).ShouldNotBeNull());

    [Fact]
    public void A_valid_event_with_any_one_byte_changed_still_gives_an_event()
    {
        var body = StripeBodies.Authorized();
        Gen.Select(Gen.Int[0, body.Length - 1], Gen.Byte).Sample((position, value) =>
        {
            byte[] changed = [.. body];
            changed[position] = value;
            Translate(changed).EventType.ShouldNotBe(PaymentEventType.Unspecified);
        });
    }

    private static PaymentEvent Translate(string type, JsonObject payload) => Translate(StripeBodies.Event(type, payload));

    private static PaymentEvent Translate(byte[] body) => StripeTranslation.Translate(Rows.Of(body), Account);
}
