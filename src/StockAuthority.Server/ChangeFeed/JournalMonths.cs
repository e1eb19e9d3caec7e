using System.Collections.Concurrent;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.ChangeFeed;

/// <summary>
/// What this process has seen of where in time the tenants' journals are, so that whoever keeps up asks no partition of
/// earlier months. No movement is recorded earlier than one before it, so what follows one of a month is of that month or later.
/// </summary>
internal sealed class JournalMonths
{
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>No movement after a sequence was recorded before this; the beginning of time where nothing is known.</summary>
    public DateTimeOffset NotBefore(string tenantId, long after) =>
        _known.TryGetValue(tenantId, out var known) && known.Sequence <= after ? known.Month : DateTimeOffset.MinValue;

    /// <summary>Remembers of each tenant the earliest movement that was seen of the latest month.</summary>
    public void Learn(string tenantId, IReadOnlyList<Movement> movements)
    {
        if (movements.Count == 0)
        {
            return;
        }

        var last = movements[^1];
        var month = Month(last.RecordedAt);
        var first = Month(movements[0].RecordedAt) == month ? movements[0] : last;
        _known.AddOrUpdate(
            tenantId,
            static (_, seen) => seen,
            static (_, known, seen) => seen.Month > known.Month || (seen.Month == known.Month && seen.Sequence < known.Sequence) ? seen : known,
            new Known(first.Sequence, month));
    }

    private static DateTimeOffset Month(DateTimeOffset time) => new(time.UtcDateTime.Year, time.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);

    private sealed record Known(long Sequence, DateTimeOffset Month);
}
