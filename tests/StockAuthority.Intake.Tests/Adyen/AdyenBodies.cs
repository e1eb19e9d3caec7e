using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace StockAuthority.Intake.Tests.Adyen;

/// <summary>Bodies in Adyen's shapes, written for these tests, and signed as its documentation describes it.</summary>
internal static class AdyenBodies
{
    public const string Key = "A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3D4E5F60718293A4B5C6D7E8F90";
    public const string OldKey = "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF";
    public const string MerchantAccount = "ShopECOM";
    public const string Payment = "PAYMENT000000001";

    /// <summary>An item of the payment itself, or with <paramref name="original"/> of a modification of it.</summary>
    public static JsonObject Item(
        string code, bool success = true, string psp = Payment, string? original = null, long value = 1000, string currency = "EUR",
        string merchantReference = "order-1", string at = "2026-01-15T11:00:00+01:00", string reason = "", string? action = null)
    {
        var item = new JsonObject
        {
            ["additionalData"] = new JsonObject(),
            ["amount"] = new JsonObject { ["currency"] = currency, ["value"] = value },
            ["eventCode"] = code,
            ["eventDate"] = at,
            ["merchantAccountCode"] = MerchantAccount,
            ["merchantReference"] = merchantReference,
            ["paymentMethod"] = "visa",
            ["pspReference"] = psp,
            ["reason"] = reason,
            ["success"] = success ? "true" : "false",
        };
        if (original is not null)
        {
            item["originalReference"] = original;
        }

        if (action is not null)
        {
            item["additionalData"]!["modification.action"] = action;
        }

        return item;
    }

    public static JsonObject Modification(string code, bool success = true, string psp = "CAPTURE000000001", long value = 1000, string at = "2026-01-15T11:30:00+01:00", string reason = "") =>
        Item(code, success, psp, Payment, value, merchantReference: "modification-1", at: at, reason: reason);

    public static JsonObject Signed(JsonObject item, string key = Key)
    {
        item["additionalData"]!["hmacSignature"] = Signature(Fields(item), key);
        return item;
    }

    public static string Signature(string signed, string key) => Signature(Encoding.UTF8.GetBytes(signed), key);

    public static string Signature(byte[] signed, string key) => Convert.ToBase64String(HMACSHA256.HashData(Convert.FromHexString(key), signed));

    public static byte[] Body(params IEnumerable<JsonObject> items) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["live"] = "false",
        ["notificationItems"] = new JsonArray([.. items.Select(item => new JsonObject { ["NotificationRequestItem"] = item.DeepClone() })]),
    }.ToJsonString());

    public static byte[] Authorised(string psp = Payment) => Body(Signed(Item("AUTHORISATION", psp: psp)));

    private static string Fields(JsonObject item) => string.Join(
        ':',
        item["pspReference"],
        item["originalReference"],
        item["merchantAccountCode"],
        item["merchantReference"],
        item["amount"]!["value"]!.GetValue<long>().ToString(CultureInfo.InvariantCulture),
        item["amount"]!["currency"],
        item["eventCode"],
        item["success"]);
}
