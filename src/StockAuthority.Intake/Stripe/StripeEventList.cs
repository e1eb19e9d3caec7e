using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using StockAuthority.Intake.Inbox;
using StockAuthority.Intake.Providers;

namespace StockAuthority.Intake.Stripe;

/// <summary>
/// Stripe's list of an account's events (https://docs.stripe.com/api/events/list): newest first, 30 days back, each rendered at the
/// version that it was made with. Only types that are translated are asked for; others would be no-ops.
/// </summary>
internal static class StripeEventList
{
    private const int PageSize = 100;
    private const int LargestEventBytes = WebhookReceiver.LargestBodyBytes;

    public static string Path(StripeEventFilter filter, string? after)
    {
        var path = new StringBuilder();
        path.Append(CultureInfo.InvariantCulture, $"/v1/events?limit={PageSize}&created[gte]={filter.From.ToUnixTimeSeconds()}&created[lt]={filter.To.ToUnixTimeSeconds()}");
        foreach (var type in StripePaymentFacts.Types)
        {
            path.Append("&types[]=").Append(type);
        }

        if (filter.UndeliveredOnly)
        {
            path.Append("&delivery_success=false");
        }

        return after is null ? path.ToString() : path.Append("&starting_after=").Append(Uri.EscapeDataString(after)).ToString();
    }

    public static StripeEventPage Read(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var list = new EventFields(document.RootElement, "list", []);
            if (list.Find("data") is not { ValueKind: JsonValueKind.Array } data)
            {
                return new StripeEventPage.Refused("an answer that is no list");
            }

            var events = new List<PulledEvent>();
            string? last = null;
            foreach (var element in data.EnumerateArray())
            {
                var content = JsonMarshal.GetRawUtf8Value(element);
                last = StripeEventId.Read(content);
                if (last is null)
                {
                    return new StripeEventPage.Refused("an event without an id");
                }

                if (content.Length <= LargestEventBytes)
                {
                    events.Add(new PulledEvent(last, content.ToArray()));
                }
            }

            var hasMore = list.Find("has_more") is { ValueKind: JsonValueKind.True };
            return new StripeEventPage.Listed(events, hasMore ? last : null);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return new StripeEventPage.Refused("an answer that is not JSON");
        }
    }
}
