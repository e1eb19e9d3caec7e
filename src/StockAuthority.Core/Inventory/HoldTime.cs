namespace StockAuthority.Core.Inventory;

/// <summary>How long units may be held for an order.</summary>
public static class HoldTime
{
    public static readonly TimeSpan Longest = TimeSpan.FromDays(90);

    /// <summary>The time that was asked for; null where it is not after now, or too far away.</summary>
    /// <param name="timeToLive">Counts where no time is given.</param>
    internal static DateTimeOffset? Until(TimeSpan timeToLive, DateTimeOffset? expireAt, DateTimeOffset now)
    {
        var until = expireAt ?? now + timeToLive;
        return until > now && until <= now + Longest ? until : null;
    }
}
