using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Availability;

/// <summary>
/// What the cache answered a moment ago, for whoever asks for the same key now: when thousands look at one product, the cache
/// is asked once in a few milliseconds.
/// </summary>
internal sealed class RecentLevels(IOptions<AvailabilityOptions> options, TimeProvider time)
{
    private Moment _current = new(0);

    /// <summary>
    /// The moment that a read belongs to: it looks here first, and adds here what it had to ask for. An answer that came late,
    /// in the next moment, is not given to the readers of that one, who may have seen a newer level already.
    /// </summary>
    public Moment Current()
    {
        var current = Volatile.Read(ref _current);
        if (time.GetElapsedTime(current.Since) < options.Value.ReadSharing)
        {
            return current;
        }

        var next = new Moment(time.GetTimestamp());
        var seen = Interlocked.CompareExchange(ref _current, next, current);
        return ReferenceEquals(seen, current) ? next : seen;
    }

    /// <summary>The levels of one moment; they are forgotten together, so that none has to be looked at for that.</summary>
    internal sealed record Moment(long Since)
    {
        private readonly ConcurrentDictionary<TenantKey, StockLevel> _levels = [];

        /// <summary>Null where the cache has to be asked.</summary>
        public StockLevel? Find(TenantKey key) => _levels.GetValueOrDefault(key);

        /// <summary>The cache answered this. Of two answers the newer stays.</summary>
        public void Add(TenantKey key, StockLevel level) => _levels.AddOrUpdate(
            key,
            static (_, added) => added,
            static (_, known, added) => added.Version > known.Version ? added : known,
            level);
    }
}
