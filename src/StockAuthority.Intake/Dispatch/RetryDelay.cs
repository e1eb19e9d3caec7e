namespace StockAuthority.Intake.Dispatch;

/// <summary>How long a row waits after an attempt that failed: twice as long each time, and a random part less, so that many do not come at once.</summary>
internal static class RetryDelay
{
    public static TimeSpan After(int attemptCount, TimeSpan shortest, TimeSpan longest)
    {
        var seconds = Math.Min(shortest.TotalSeconds * (1 << Math.Clamp(attemptCount - 1, 0, 20)), longest.TotalSeconds);
        return TimeSpan.FromSeconds(seconds * (0.5 + (Random.Shared.NextDouble() / 2)));
    }
}
