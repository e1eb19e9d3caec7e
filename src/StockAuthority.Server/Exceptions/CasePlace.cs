using System.Globalization;

namespace StockAuthority.Server.Exceptions;

/// <summary>Where a list of cases goes on: after this deadline and case.</summary>
internal sealed record CasePlace(DateTimeOffset DueAt, string CaseId)
{
    public static CasePlace Start { get; } = new(DateTimeOffset.UnixEpoch, "");

    /// <summary>Null for a text that is no token.</summary>
    public static CasePlace? Parse(string token) =>
        token.Split('.') is [var time, var caseId]
        && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
        && microseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() * 1000
        && ExceptionIds.IsOne(caseId)
            ? new CasePlace(DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond), caseId)
            : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(DueAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond}.{CaseId}");
}
