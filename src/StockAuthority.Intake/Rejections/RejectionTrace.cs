namespace StockAuthority.Intake.Rejections;

/// <summary>
/// Counts rejections in memory, so that a flood of them costs the database one small write a second and not one each.
/// Bounded: at most <see cref="MostEntries"/> entries, each with a short sample; what is over is in the metric only.
/// </summary>
internal sealed class RejectionTrace(TimeProvider clock)
{
    public const int LongestSampleBytes = 256;
    private const int MostEntries = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<RejectionKey, (long Count, byte[] Sample)> _entries = [];

    public void Record(string tenantId, string provider, string account, string reason, ReadOnlySpan<byte> body)
    {
        var now = clock.GetUtcNow();
        var key = new RejectionKey(tenantId, provider, account, reason, new DateTimeOffset(now.Year, now.Month, now.Day, now.Hour, 0, 0, TimeSpan.Zero));
        var sample = body[..Math.Min(body.Length, LongestSampleBytes)];
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var entry))
            {
                _entries[key] = entry with { Count = entry.Count + 1 };
            }
            else if (_entries.Count < MostEntries)
            {
                _entries.Add(key, (1, sample.ToArray()));
            }
        }
    }

    /// <summary>Takes all that was counted since the last time.</summary>
    public IReadOnlyList<CountedRejections> Drain()
    {
        lock (_lock)
        {
            CountedRejections[] drained = [.. _entries.Select(entry => new CountedRejections(entry.Key, entry.Value.Count, entry.Value.Sample))];
            _entries.Clear();
            return drained;
        }
    }

    /// <summary>Takes back what could not be written.</summary>
    public void Return(IReadOnlyList<CountedRejections> unwritten)
    {
        lock (_lock)
        {
            foreach (var counted in unwritten)
            {
                var newer = _entries.GetValueOrDefault(counted.Key);
                if (newer.Count > 0 || _entries.Count < MostEntries)
                {
                    _entries[counted.Key] = (counted.Count + newer.Count, counted.Sample);
                }
            }
        }
    }
}
