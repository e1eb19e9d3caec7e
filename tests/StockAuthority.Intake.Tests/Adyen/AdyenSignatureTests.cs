using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using StockAuthority.Intake.Adyen;
using StockAuthority.Intake.Providers;

namespace StockAuthority.Intake.Tests.Adyen;

public sealed class AdyenSignatureTests
{
    private const string VectorKey = "DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00";

    [Fact]
    public void The_known_vector_is_verified()
    {
        var item = new JsonObject
        {
            ["pspReference"] = "pspReference",
            ["originalReference"] = "originalReference",
            ["merchantAccountCode"] = "merchantAccount",
            ["merchantReference"] = "reference",
            ["amount"] = new JsonObject { ["value"] = 1000, ["currency"] = "EUR" },
            ["eventCode"] = "EVENT",
            ["success"] = "true",
            ["additionalData"] = new JsonObject { ["hmacSignature"] = "ipnxGCaUZ4l8TUW75a71/ghd2Fe5ffvX0pV4TLTntIc=" },
        };
        Verify(item, VectorKey).ShouldBe(new SignatureVerdict.Verified(0));
    }

    [Fact]
    public void While_a_key_is_rotated_both_are_good_and_the_verdict_says_which_one_matched() =>
        Verify(AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION"), AdyenBodies.OldKey), AdyenBodies.Key, AdyenBodies.OldKey).ShouldBe(new SignatureVerdict.Verified(1));

    [Fact]
    public void A_missing_field_is_signed_as_empty_and_success_in_lower_case()
    {
        var item = AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION"));
        item["success"] = "TRUE";
        Verify(item).ShouldBeOfType<SignatureVerdict.Verified>();
        item["success"] = true;
        Verify(item).ShouldBeOfType<SignatureVerdict.Verified>();
        item["originalReference"] = null;
        Verify(item).ShouldBeOfType<SignatureVerdict.Verified>();
    }

    [Fact]
    public void Nothing_is_escaped_in_what_is_signed() =>
        Verify(AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION", merchantReference: """or\der:1 "é" """))).ShouldBeOfType<SignatureVerdict.Verified>();

    [Fact]
    public void Under_one_signature_no_text_can_move_from_one_field_to_another()
    {
        var item = AdyenBodies.Signed(AdyenBodies.Item("CAPTURE", psp: "C1", original: "P1", merchantReference: "shop:7"));
        item["pspReference"] = "C1:P1";
        item["originalReference"] = AdyenBodies.MerchantAccount;
        item["merchantAccountCode"] = "shop";
        item["merchantReference"] = "7";
        RejectionOf(item).ShouldBe("SIGNATURE_MALFORMED");
    }

    [Theory]
    [InlineData("pspReference", "other")]
    [InlineData("originalReference", "other")]
    [InlineData("merchantAccountCode", "other")]
    [InlineData("merchantReference", "other")]
    [InlineData("eventCode", "CAPTURE")]
    [InlineData("success", "false")]
    public void A_changed_signed_field_breaks_the_signature(string field, string value)
    {
        var item = AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION"));
        item[field] = value;
        RejectionOf(item).ShouldBe("SIGNATURE_MISMATCH");
    }

    [Theory]
    [InlineData("value", "1001")]
    [InlineData("currency", "\"USD\"")]
    public void A_changed_amount_breaks_the_signature(string field, string value)
    {
        var item = AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION"));
        item["amount"]![field] = JsonNode.Parse(value);
        RejectionOf(item).ShouldBe("SIGNATURE_MISMATCH");
    }

    [Fact]
    public void What_is_not_signed_can_be_changed_under_the_same_signature()
    {
        var item = AdyenBodies.Signed(AdyenBodies.Item("AUTHORISATION"));
        item["eventDate"] = "2026-01-14T00:00:00Z";
        item["reason"] = "other";
        item["additionalData"]!["metadata.stock_lines"] = "[]";
        Verify(item).ShouldBeOfType<SignatureVerdict.Verified>();
    }

    [Theory]
    [InlineData(null, "SIGNATURE_MISSING")]
    [InlineData("", "SIGNATURE_MALFORMED")]
    [InlineData("not base64", "SIGNATURE_MALFORMED")]
    [InlineData("AAAA", "SIGNATURE_MALFORMED")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "SIGNATURE_MISMATCH")]
    public void What_is_no_signature_of_the_item_is_rejected_with_its_reason(string? signature, string reason)
    {
        var item = AdyenBodies.Item("AUTHORISATION");
        item["additionalData"]!["hmacSignature"] = signature;
        RejectionOf(item).ShouldBe(reason);
    }

    [Fact]
    public void A_platform_webhook_is_signed_in_a_header_over_its_raw_body()
    {
        var body = "{\"type\":\"balancePlatform.x\"}\n"u8.ToArray();
        var signature = AdyenBodies.Signature(body, AdyenBodies.Key);
        AdyenSignature.VerifyBody(signature, body, [Convert.FromHexString(AdyenBodies.Key)]).ShouldBe(new SignatureVerdict.Verified(0));
        AdyenSignature.VerifyBody(signature, body[..^1], [Convert.FromHexString(AdyenBodies.Key)]).ShouldBeOfType<SignatureVerdict.Rejected>().Reason.ShouldBe("SIGNATURE_MISMATCH");
    }

    private static string RejectionOf(JsonObject item) => Verify(item).ShouldBeOfType<SignatureVerdict.Rejected>().Reason;

    private static SignatureVerdict Verify(JsonObject item, params string[] keys)
    {
        using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(item.ToJsonString()));
        return AdyenSignature.Verify(document.RootElement, [.. (keys.Length > 0 ? keys : [AdyenBodies.Key]).Select(Convert.FromHexString)]);
    }
}
