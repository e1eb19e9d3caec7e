using System.Collections.Concurrent;
using StockAuthority.Server.Availability;

namespace StockAuthority.Server.ChangeFeed;

/// <summary>
/// Wakes those who wait for a tenant's next movement. A tenant is known here only while somebody watches it, so the memory
/// it takes is bounded by the streams that are open.
/// </summary>
internal sealed class FeedSignals
{
    private const int MaximumOutgoing = 100_000;

    private readonly ConcurrentDictionary<string, FeedSignal> _watched = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>What the other replicas have not been told yet, the newest of each tenant.</summary>
    public LatestByKey<string, long> Outgoing { get; } = new(MaximumOutgoing);

    /// <summary>The tenants that somebody watches here.</summary>
    public ICollection<string> WatchedTenants => _watched.Keys;

    /// <summary>Tells everybody that the tenant's journal has reached a sequence. For the lane's hot path: quick, never waits, never throws.</summary>
    public void Publish(string tenantId, long lastSequence)
    {
        Heard(tenantId, lastSequence);
        if (!Outgoing.Offer(tenantId, lastSequence, lastSequence))
        {
            FeedTelemetry.LostWakeups.Add(1);
        }
    }

    /// <summary>Tells those who wait here, and nobody else.</summary>
    public void Heard(string tenantId, long lastSequence)
    {
        if (_watched.TryGetValue(tenantId, out var signal))
        {
            signal.Raise(lastSequence);
        }
    }

    /// <summary>From now on no change of the tenant goes unnoticed, until the watch is disposed.</summary>
    public FeedWatch Watch(string tenantId)
    {
        lock (_gate)
        {
            var signal = _watched.GetOrAdd(tenantId, _ => new FeedSignal());
            signal.Watchers++;
            return new FeedWatch(signal, () => Leave(tenantId, signal));
        }
    }

    private void Leave(string tenantId, FeedSignal signal)
    {
        lock (_gate)
        {
            if (--signal.Watchers == 0)
            {
                _watched.TryRemove(tenantId, out _);
            }
        }
    }
}
