using System.Text.Json;

namespace StockAuthority.Intake.Adyen;

/// <summary>The list of events in a webhook's body: <c>notificationItems[].NotificationRequestItem</c>.</summary>
internal static class AdyenBody
{
    /// <summary>Adyen sends one in JSON. Each becomes a row with the whole body, so there is a bound.</summary>
    public const int MostItems = 32;

    /// <summary>Null where the body has no such list: a webhook of Adyen's platforms, or nothing that is known.</summary>
    public static IReadOnlyList<JsonElement>? Items(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty("notificationItems", out var items) && items.ValueKind == JsonValueKind.Array
            ? [.. items.EnumerateArray().Select(Unwrapped)]
            : null;

    private static JsonElement Unwrapped(JsonElement wrapper) =>
        wrapper.ValueKind == JsonValueKind.Object && wrapper.TryGetProperty("NotificationRequestItem", out var item) ? item : default;
}
