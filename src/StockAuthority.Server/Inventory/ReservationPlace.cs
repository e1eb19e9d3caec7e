using System.Globalization;

namespace StockAuthority.Server.Inventory;

/// <summary>Where a list of reservations goes on: after this expiry and number, or below this number.</summary>
internal readonly record struct ReservationPlace(DateTimeOffset ExpireAt, long? Number)
{
    public static ReservationPlace Start { get; } = new(DateTimeOffset.UnixEpoch, null);

    /// <summary>No sequence is that high, and subtracting one from it stays in range.</summary>
    public long Below => Number ?? long.MaxValue;

    public long After => Number ?? 0;

    /// <summary>Null for a text that is no token.</summary>
    public static ReservationPlace? Parse(string token) =>
        token.Split('.') is [var time, var number]
        && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
        && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed)
        && microseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() * 1000
        && parsed > 0
            ? new ReservationPlace(DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond), parsed)
            : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(ExpireAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond}.{Number}");
}
