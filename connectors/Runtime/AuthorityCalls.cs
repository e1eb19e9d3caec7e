namespace StockAuthority.Connectors.Runtime;

/// <summary>Calls to the authority.</summary>
public static class AuthorityCalls
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>When a call that is made now is given up.</summary>
    public static DateTime CallDeadline(this TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        return (clock.GetUtcNow() + Limit).UtcDateTime;
    }
}
