using StockAuthority.Inventory.V1;

namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>
/// The levels that wait for the channel, one for each key, and what may be acknowledged. A level is taken from the
/// movement and not from the page's levels: those can be newer than the movements read so far, so that the same version would be
/// pushed with another time after a restart, and a repeated idempotency key with another body is an error.
/// </summary>
internal sealed class LevelBacklog(long checkpoint)
{
    private readonly Dictionary<StockKey, PendingLevel> _waiting = [];
    private readonly Queue<StockKey> _order = [];
    private readonly Dictionary<StockKey, PendingLevel> _held = [];
    private IReadOnlyList<PendingLevel> _taken = [];

    /// <summary>Levels that are not settled.</summary>
    public int Count => _waiting.Count + _held.Count;

    /// <summary>Levels that can be taken.</summary>
    public int Ready => _order.Count;

    /// <summary>The last movement that was added.</summary>
    public long ReadSequence { get; private set; } = checkpoint;

    /// <summary>Everything up to here is settled: it may be acknowledged.</summary>
    public long SettledSequence =>
        _waiting.Values.Concat(_taken).Concat(_held.Values).Select(level => level.FirstSequence - 1).Append(ReadSequence).Min();

    /// <summary>Goes on after a part of the journal that is gone; the levels are taken as they are now instead.</summary>
    public void Skip(long sequence) => ReadSequence = sequence;

    public bool Waits(StockKey key) => _waiting.ContainsKey(key) || _held.ContainsKey(key);

    public bool IsHeld(StockKey key) => _held.ContainsKey(key);

    /// <summary>The record time of the oldest movement that waits; null where none does.</summary>
    public DateTimeOffset? Oldest => _waiting.Values.Concat(_held.Values).Where(level => !level.IsRepair).Select(level => (DateTimeOffset?)level.FirstRecordTime).Min();

    /// <summary>Has a level delivered again as it is; it keeps nothing from being acknowledged.</summary>
    public void Repair(LevelChange change)
    {
        var repair = new PendingLevel(change, long.MaxValue, DateTimeOffset.MaxValue);
        if (!_waiting.TryGetValue(change.Key, out var waiting))
        {
            Enqueue(repair);
        }
        else if (change.Version >= waiting.Change.Version)
        {
            _waiting[change.Key] = waiting with { Change = change };
        }
    }

    public void Add(Movement movement) => Add(movement, movement.AvailableAfter);

    /// <param name="shown">The units that the channel has to show.</param>
    public void Add(Movement movement, long shown)
    {
        ReadSequence = movement.Sequence;

        // A movement between other states, such as a commit, leaves what the channel shows as it is.
        if (movement.FromState != StockState.Available && movement.ToState != StockState.Available)
        {
            return;
        }

        var recordTime = movement.RecordTime.ToDateTimeOffset();
        var key = new StockKey(movement.Sku, movement.LocationId);
        var change = new LevelChange(key, shown, movement.LevelVersion, movement.Sequence, recordTime);
        if (_waiting.TryGetValue(key, out var waiting))
        {
            _waiting[key] = new PendingLevel(change, movement.Sequence, recordTime).After(waiting);
            return;
        }

        Enqueue(new PendingLevel(change, movement.Sequence, recordTime));
    }

    /// <summary>Takes the levels that have waited longest; <see cref="Settle"/> must follow.</summary>
    public IReadOnlyList<PendingLevel> Take(int most)
    {
        var taken = new List<PendingLevel>(Math.Min(most, _order.Count));
        while (taken.Count < most && _order.TryDequeue(out var key))
        {
            _waiting.Remove(key, out var level);
            taken.Add(level!);
        }

        return _taken = taken;
    }

    /// <summary>Ends what <see cref="Take"/> began. The unsettled levels wait again, merged with what arrived meanwhile.</summary>
    public void Settle(IReadOnlyList<PendingLevel> unsettled)
    {
        _taken = [];
        foreach (var level in unsettled)
        {
            if (_waiting.TryGetValue(level.Change.Key, out var newer))
            {
                _waiting[level.Change.Key] = newer.After(level);
            }
            else
            {
                Enqueue(level);
            }
        }
    }

    /// <summary>Keeps levels that were taken; what is newer of them cannot be taken until <see cref="Release"/>.</summary>
    public void Hold(IEnumerable<PendingLevel> levels)
    {
        foreach (var level in levels)
        {
            _held.Add(level.Change.Key, level);
        }
    }

    /// <summary>Ends what <see cref="Hold"/> began. The unsettled levels wait again, merged with what arrived meanwhile.</summary>
    public void Release(IEnumerable<PendingLevel> levels, IReadOnlyList<PendingLevel> unsettled)
    {
        foreach (var level in levels)
        {
            _held.Remove(level.Change.Key);
            if (_waiting.ContainsKey(level.Change.Key))
            {
                _order.Enqueue(level.Change.Key);
            }
        }

        var taken = _taken;
        Settle(unsettled);
        _taken = taken;
    }

    private void Enqueue(PendingLevel level)
    {
        _waiting.Add(level.Change.Key, level);
        if (!_held.ContainsKey(level.Change.Key))
        {
            _order.Enqueue(level.Change.Key);
        }
    }
}
