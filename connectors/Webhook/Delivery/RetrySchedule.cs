namespace StockAuthority.Connectors.Webhook.Delivery;

/// <summary>
/// The schedule that the Standard Webhooks specification gives, and after its end once a day: what a subscriber never took
/// waits until it is disabled or the message is given up, both after five days.
/// </summary>
internal static class RetrySchedule
{
    /// <summary>How long everything (a subscription) or one message may fail.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromDays(5);

    private const double Jitter = 0.1;

    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    /// <summary>How long to wait after so many attempts: a tenth more or less, so that failures do not come back in step, and never less than was asked for.</summary>
    public static TimeSpan After(int attempts, TimeSpan? retryAfter)
    {
        var delay = Delays[Math.Clamp(attempts - 1, 0, Delays.Length - 1)] * (1 - Jitter + (Random.Shared.NextDouble() * 2 * Jitter));
        return retryAfter > delay ? retryAfter.Value : delay;
    }
}
