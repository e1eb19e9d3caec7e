using System.Text;
using System.Text.Json.Nodes;

namespace StockAuthority.Intake.Tests.Stripe;

/// <summary>Bodies in Stripe's shapes, written for these tests.</summary>
internal static class StripeBodies
{
    public const long CreatedSeconds = 1_700_000_000;
    public const string Version = "2025-09-30.clover";

    public static byte[] Event(string type, JsonObject payload, string id = "evt_1", string version = Version, long created = CreatedSeconds) =>
        Bytes(EventJson(type, payload, id, version, created));

    public static JsonObject EventJson(string type, JsonObject payload, string id = "evt_1", string version = Version, long created = CreatedSeconds) => new()
    {
        ["id"] = id,
        ["object"] = "event",
        ["api_version"] = version,
        ["created"] = created,
        ["data"] = new JsonObject { ["object"] = payload },
        ["livemode"] = false,
        ["pending_webhooks"] = 1,
        ["request"] = new JsonObject { ["id"] = "req_1", ["idempotency_key"] = null },
        ["type"] = type,
    };

    public static JsonObject Intent(long amount = 1000, long capturable = 0, long received = 0, JsonNode? latestCharge = null, JsonObject? metadata = null) => new()
    {
        ["id"] = "pi_1",
        ["object"] = "payment_intent",
        ["amount"] = amount,
        ["amount_capturable"] = capturable,
        ["amount_received"] = received,
        ["currency"] = "eur",
        ["latest_charge"] = latestCharge ?? "ch_1",
        ["metadata"] = metadata ?? Order(),
    };

    public static JsonObject Charge(long amount = 1000, long captured = 1000, long refunded = 0, bool isCaptured = true, bool isRefunded = false, JsonNode? intent = null) => new()
    {
        ["id"] = "ch_1",
        ["object"] = "charge",
        ["amount"] = amount,
        ["amount_captured"] = captured,
        ["amount_refunded"] = refunded,
        ["captured"] = isCaptured,
        ["currency"] = "eur",
        ["metadata"] = Order(),
        ["payment_intent"] = intent ?? "pi_1",
        ["refunded"] = isRefunded,
    };

    /// <summary>With <paramref name="refunds"/> as in a charge that was asked for with them.</summary>
    public static JsonObject WithRefunds(JsonObject charge, params JsonNode[] refunds)
    {
        charge["refunds"] = new JsonObject { ["object"] = "list", ["data"] = new JsonArray(refunds), ["has_more"] = false, ["url"] = "/v1/charges/ch_1/refunds" };
        return charge;
    }

    public static JsonObject Refund(string status = "succeeded", string id = "re_1", long amount = 1000, JsonNode? charge = null, JsonNode? intent = null) => new()
    {
        ["id"] = id,
        ["object"] = "refund",
        ["amount"] = amount,
        ["charge"] = charge ?? "ch_1",
        ["created"] = CreatedSeconds,
        ["currency"] = "eur",
        ["destination_details"] = new JsonObject { ["card"] = new JsonObject { ["type"] = "refund" }, ["type"] = "card" },
        ["metadata"] = new JsonObject { ["order_ref"] = "of-the-refund" },
        ["payment_intent"] = intent ?? "pi_1",
        ["reason"] = null,
        ["status"] = status,
    };

    public static JsonObject Dispute(string status = "needs_response", string id = "dp_1", long amount = 1000) => new()
    {
        ["id"] = id,
        ["object"] = "dispute",
        ["amount"] = amount,
        ["charge"] = "ch_1",
        ["created"] = CreatedSeconds,
        ["currency"] = "eur",
        ["evidence_details"] = new JsonObject { ["due_by"] = CreatedSeconds + 864_000, ["has_evidence"] = false, ["past_due"] = false, ["submission_count"] = 0 },
        ["is_charge_refundable"] = false,
        ["metadata"] = new JsonObject { ["order_ref"] = "of-the-dispute" },
        ["payment_intent"] = "pi_1",
        ["reason"] = "general",
        ["status"] = status,
    };

    public static JsonObject Payout(string status = "paid") => new()
    {
        ["id"] = "po_1",
        ["object"] = "payout",
        ["amount"] = 1100,
        ["automatic"] = true,
        ["currency"] = "eur",
        ["metadata"] = new JsonObject(),
        ["reconciliation_status"] = "completed",
        ["status"] = status,
    };

    public static JsonObject Order(string lines = """[{"sku":"TEE-M","location_id":"store-1","quantity":2}]""") => new()
    {
        ["order_ref"] = "order-1",
        ["stock_lines"] = lines,
    };

    public static byte[] Authorized(string eventId = "evt_1") =>
        Event("payment_intent.amount_capturable_updated", Intent(capturable: 1000), eventId);

    public static byte[] Bytes(JsonNode json) => Encoding.UTF8.GetBytes(json.ToJsonString());
}
