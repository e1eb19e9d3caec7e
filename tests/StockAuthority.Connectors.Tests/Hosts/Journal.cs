using Google.Protobuf.WellKnownTypes;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Connectors.Tests.Hosts;

/// <summary>One tenant's journal and checkpoints in memory.</summary>
internal sealed class Journal
{
    private readonly Lock _lock = new();
    private readonly List<Movement> _movements = [];
    private readonly Dictionary<(string Sku, string LocationId), Movement> _latest = [];
    private readonly Dictionary<string, long> _checkpoints = [];
    private readonly List<long> _acknowledged = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Head
    {
        get
        {
            lock (_lock)
            {
                return _movements.Count;
            }
        }
    }

    public IReadOnlyList<long> Acknowledged
    {
        get
        {
            lock (_lock)
            {
                return [.. _acknowledged];
            }
        }
    }

    /// <summary>Completes with the next movement.</summary>
    public Task News
    {
        get
        {
            lock (_lock)
            {
                return _news.Task;
            }
        }
    }

    public Movement Append(
        string sku, long available, string location = "shop", DateTimeOffset? recordTime = null,
        StockState from = StockState.Supply, StockState to = StockState.Available)
    {
        lock (_lock)
        {
            var previous = _latest.GetValueOrDefault((sku, location));
            var movement = new Movement
            {
                Sequence = _movements.Count + 1,
                Sku = sku,
                LocationId = location,
                FromState = from,
                ToState = to,
                Quantity = 1,
                LevelVersion = (previous?.LevelVersion ?? 0) + 1,
                AvailableAfter = available,
                RecordTime = Timestamp.FromDateTimeOffset(recordTime ?? TimeProvider.System.GetUtcNow()),
            };
            _movements.Add(movement);
            _latest[(sku, location)] = movement;
            _news.SetResult();
            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return movement;
        }
    }

    public (IReadOnlyList<Movement> Movements, IReadOnlyList<StockLevel> Levels, long Head) Read(long after, int most)
    {
        lock (_lock)
        {
            Movement[] movements = [.. _movements.Skip((int)after).Take(most)];
            StockLevel[] levels =
            [
                .. movements.Select(movement => (movement.Sku, movement.LocationId)).Distinct().Select(key => new StockLevel
                {
                    Sku = key.Sku,
                    LocationId = key.LocationId,
                    Available = _latest[key].AvailableAfter,
                    Version = _latest[key].LevelVersion,
                    Sequence = _latest[key].Sequence,
                }),
            ];
            return (movements, levels, _movements.Count);
        }
    }

    /// <summary>All levels as they are.</summary>
    public IReadOnlyList<ChangeFeed.V1.ChannelLevel> Levels()
    {
        lock (_lock)
        {
            return
            [
                .. _latest.Values.OrderBy(movement => movement.Sku, StringComparer.Ordinal).ThenBy(movement => movement.LocationId, StringComparer.Ordinal).Select(movement => new ChangeFeed.V1.ChannelLevel
                {
                    Sku = movement.Sku,
                    LocationId = movement.LocationId,
                    Available = movement.AvailableAfter,
                    Version = movement.LevelVersion,
                    Sequence = movement.Sequence,
                }),
            ];
        }
    }

    public long Checkpoint(string consumer)
    {
        lock (_lock)
        {
            return _checkpoints.GetValueOrDefault(consumer);
        }
    }

    public long Acknowledge(string consumer, long sequence)
    {
        lock (_lock)
        {
            _acknowledged.Add(sequence);
            return _checkpoints[consumer] = Math.Max(_checkpoints.GetValueOrDefault(consumer), sequence);
        }
    }

    public void Rewind(string consumer, long sequence)
    {
        lock (_lock)
        {
            _checkpoints[consumer] = sequence;
        }
    }
}
