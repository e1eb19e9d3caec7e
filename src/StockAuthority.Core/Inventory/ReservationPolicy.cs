namespace StockAuthority.Core.Inventory;

/// <summary>How long a tenant's reservations are held.</summary>
/// <param name="DefaultTimeToLive">Where a Reserve says nothing.</param>
/// <param name="LongestTimeToLive">The most that may be asked for.</param>
public sealed record ReservationPolicy(TimeSpan DefaultTimeToLive, TimeSpan LongestTimeToLive)
{
    public static readonly TimeSpan ShortestDefault = TimeSpan.FromMinutes(1);

    /// <summary>That of a tenant who has none of its own.</summary>
    public static ReservationPolicy Standard { get; } = new(TimeSpan.FromDays(7), TimeSpan.FromDays(90));

    /// <summary>The standard where nothing else was chosen; its default gives way to a shorter maximum.</summary>
    public static ReservationPolicy Of(TimeSpan? defaultTimeToLive, TimeSpan? longestTimeToLive)
    {
        var longest = longestTimeToLive ?? Standard.LongestTimeToLive;
        var standard = Standard.DefaultTimeToLive < longest ? Standard.DefaultTimeToLive : longest;
        return new ReservationPolicy(defaultTimeToLive ?? standard, longest);
    }

    /// <summary>Until when units are held that are asked for now; null where that is not after now, or too far away.</summary>
    /// <param name="timeToLive">Counts where no time is given.</param>
    /// <param name="expireAt">The time that was asked for.</param>
    /// <param name="now">The ledger's time.</param>
    internal DateTimeOffset? HeldUntil(TimeSpan? timeToLive, DateTimeOffset? expireAt, DateTimeOffset now)
    {
        var until = expireAt ?? now + (timeToLive ?? DefaultTimeToLive);
        return until > now && until <= now + LongestTimeToLive ? until : null;
    }
}
