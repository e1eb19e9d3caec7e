namespace StockAuthority.Connectors.Runtime;

internal static class Backoff
{
    /// <summary>Doubles with each failure up to the maximum; jittered, so that many connectors do not come back in step.</summary>
    public static TimeSpan After(int failures, TimeSpan first, TimeSpan maximum)
    {
        var doubled = first * Math.Pow(2, Math.Clamp(failures - 1, 0, 30));
        var bounded = doubled < maximum ? doubled : maximum;
        return bounded * (0.5 + (Random.Shared.NextDouble() / 2));
    }
}
