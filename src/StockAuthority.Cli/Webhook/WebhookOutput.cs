using System.Globalization;

namespace StockAuthority.Cli.Webhook;

internal static class WebhookOutput
{
    public static string Text(IReadOnlyList<SubscriberState> subscribers) => subscribers.Count == 0
        ? "Nothing was stored for any subscriber yet."
        : string.Join(Environment.NewLine, subscribers.Select(subscriber => string.Create(
            CultureInfo.InvariantCulture,
            $"{subscriber.Subscriber}  {(subscriber.Enabled ? "enabled" : $"disabled since {Time(subscriber.DisabledAt)} ({subscriber.DisabledReason})")}  pending {subscriber.Pending}  "
            + $"last success {Time(subscriber.LastSuccessAt)}  failing since {Time(subscriber.FailingSince)}")));

    public static string Text(IReadOnlyList<DeliveryEntry> deliveries) => deliveries.Count == 0
        ? "There are no such messages."
        : string.Join(Environment.NewLine, deliveries.Select(delivery => string.Create(
            CultureInfo.InvariantCulture,
            $"{delivery.MessageId}  {delivery.Subscriber}  {delivery.Sku} at {delivery.LocationId} version {delivery.Version}  {delivery.Status}  attempts {delivery.Attempts}  "
            + $"last {delivery.LastStatus?.ToString(CultureInfo.InvariantCulture) ?? delivery.LastError ?? "-"} at {Time(delivery.LastAttemptAt)}  next {Time(delivery.NextAttemptAt)}")));

    public static string Text(Redelivery redelivery) =>
        $"{redelivery.Redelivered} will be sent again; {redelivery.Pending} were still to be sent; {redelivery.OutOfDate} are out of date, a newer version of their level was stored since.";

    private static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "-";
}
