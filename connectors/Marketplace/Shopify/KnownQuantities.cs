using System.Collections.Concurrent;
using System.Collections.Immutable;
using StockAuthority.Connectors.Runtime;

namespace StockAuthority.Connectors.Marketplace.Shopify;

/// <summary>What the shop shows as far as this run knows: what it confirmed, or what was read. As many entries as the mapping allows for.</summary>
internal sealed class KnownQuantities
{
    private const int MostUnanswered = 8;

    /// <param name="Shown">What the next change is compared with.</param>
    /// <param name="Unanswered">What was sent since the last confirmation: any of it may be there although no answer said so.</param>
    private sealed record Entry(long? Shown, ImmutableQueue<long> Unanswered);

    private readonly ConcurrentDictionary<StockKey, Entry> _entries = new();

    public long? Shown(StockKey key) => _entries.GetValueOrDefault(key)?.Shown;

    public void Sending(LevelChange change) => _entries.AddOrUpdate(
        change.Key,
        _ => new Entry(null, [change.Available]),
        (_, entry) => entry with { Unanswered = With(entry.Unanswered, change.Available) });

    public void Confirmed(LevelChange change) => _entries[change.Key] = new Entry(change.Available, []);

    /// <summary>Takes what was read for what is there; null where the shop has no quantity.</summary>
    /// <returns>What was known instead, where somebody else must have changed it.</returns>
    public long? Observed(StockKey key, long? quantity)
    {
        var before = _entries.GetValueOrDefault(key) ?? new Entry(null, []);
        _entries[key] = before with { Shown = quantity };
        return before.Shown is { } shown && quantity is { } found && found != shown && !before.Unanswered.Contains(found) ? shown : null;
    }

    private static ImmutableQueue<long> With(ImmutableQueue<long> unanswered, long quantity) =>
        unanswered.Contains(quantity) ? unanswered
        : unanswered.Count() < MostUnanswered ? unanswered.Enqueue(quantity)
        : unanswered.Dequeue().Enqueue(quantity);
}
