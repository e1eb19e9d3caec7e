using System.Globalization;
using System.Text;
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
        var list = StripeList.Read(body, "an event");
        return list.Problem is { } problem
            ? new StripeEventPage.Refused(problem)
            : new StripeEventPage.Listed([.. list.Objects.Where(each => each.Body.Length <= LargestEventBytes)], list.Next);
    }
}
