using System.Runtime.InteropServices;
using System.Text.Json;
using StockAuthority.Intake.Inbox;
using StockAuthority.Intake.Providers;

namespace StockAuthority.Intake.Stripe;

/// <summary>A page of any list of Stripe's API (https://docs.stripe.com/api/pagination): its objects by their ids, each in the bytes that came.</summary>
/// <param name="Next">What the next page begins after; null on the last one.</param>
/// <param name="Problem">Why there is no page; null where there is one.</param>
internal sealed record StripeList(IReadOnlyList<PulledEvent> Objects, string? Next, string? Problem)
{
    /// <param name="body">The answer.</param>
    /// <param name="what">What it lists, in the singular with its article.</param>
    public static StripeList Read(byte[] body, string what)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var list = new EventFields(document.RootElement, "list", []);
            if (list.Find("data") is not { ValueKind: JsonValueKind.Array } data)
            {
                return Unreadable("an answer that is no list");
            }

            var objects = new List<PulledEvent>();
            foreach (var element in data.EnumerateArray())
            {
                var content = JsonMarshal.GetRawUtf8Value(element);
                if (StripeEventId.Read(content) is not { } id)
                {
                    return Unreadable($"{what} without an id");
                }

                objects.Add(new PulledEvent(id, content.ToArray()));
            }

            var hasMore = list.Find("has_more") is { ValueKind: JsonValueKind.True };
            return new StripeList(objects, hasMore && objects.Count > 0 ? objects[^1].Id : null, null);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return Unreadable("an answer that is not JSON");
        }
    }

    private static StripeList Unreadable(string problem) => new([], null, problem);
}
