namespace StockAuthority.ServiceDefaults;

/// <summary>How long to wait after an attempt that failed.</summary>
public static class Backoff
{
    /// <summary>Doubles with each failure up to the maximum; a random part less, so that many do not come back in step.</summary>
    /// <param name="failures">How many attempts failed, from 1.</param>
    public static TimeSpan After(int failures, TimeSpan first, TimeSpan maximum)
    {
        var doubled = first * Math.Pow(2, Math.Clamp(failures - 1, 0, 30));
        var bounded = doubled < maximum ? doubled : maximum;
        return bounded * (0.5 + (Random.Shared.NextDouble() / 2));
    }
}
