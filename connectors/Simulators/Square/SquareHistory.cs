using System.Globalization;

namespace StockAuthority.Connectors.Simulators.Square;

/// <summary>All changes since the start, the oldest forgotten, with ids of this stand-in's own.</summary>
internal sealed class SquareHistory
{
    private const int MostKept = 200_000;
    private readonly string _run = Guid.NewGuid().ToString("N")[..8].ToUpperInvariant();
    private readonly Lock _lock = new();
    private readonly List<HistoryEntry> _entries = [];
    private long _number;

    /// <returns>The id that it was given.</returns>
    public string Add(HistoryEntry entry)
    {
        lock (_lock)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"SIM{_run}{++_number:D10}");
            _entries.Add(entry with { Id = id });
            if (_entries.Count > MostKept)
            {
                _entries.RemoveRange(0, MostKept / 10);
            }

            return id;
        }
    }

    /// <summary>Those that match, in the order in which they occurred, as they were when the first page was asked for.</summary>
    /// <param name="lastId">The last entry then; null for now.</param>
    public (IReadOnlyList<HistoryEntry> Found, string LastId) Find(Func<HistoryEntry, bool> matches, string? lastId)
    {
        lock (_lock)
        {
            lastId ??= _entries.Count == 0 ? "" : _entries[^1].Id;
            return ([.. _entries.TakeWhile(entry => string.CompareOrdinal(entry.Id, lastId) <= 0).Where(matches).OrderBy(entry => entry.OccurredAt)], lastId);
        }
    }
}
