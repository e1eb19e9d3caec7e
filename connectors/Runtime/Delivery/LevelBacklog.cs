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
    private IReadOnlyList<PendingLevel> _taken = [];

    public int Count => _waiting.Count;

    /// <summary>The last movement that was added.</summary>
    public long ReadSequence { get; private set; } = checkpoint;

    /// <summary>Everything up to here is settled: it may be acknowledged.</summary>
    public long SettledSequence =>
        _waiting.Values.Concat(_taken).Select(level => level.FirstSequence - 1).Append(ReadSequence).Min();

    public void Add(Movement movement)
    {
        ReadSequence = movement.Sequence;

        // A movement between other states, such as a commit, leaves what the channel shows as it is.
        if (movement.FromState != StockState.Available && movement.ToState != StockState.Available)
        {
            return;
        }

        var recordTime = movement.RecordTime.ToDateTimeOffset();
        var key = new StockKey(movement.Sku, movement.LocationId);
        var change = new LevelChange(key, movement.AvailableAfter, movement.LevelVersion, movement.Sequence, recordTime);
        if (_waiting.TryGetValue(key, out var waiting))
        {
            _waiting[key] = waiting.With(change);
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

    private void Enqueue(PendingLevel level)
    {
        _waiting.Add(level.Change.Key, level);
        _order.Enqueue(level.Change.Key);
    }
}
