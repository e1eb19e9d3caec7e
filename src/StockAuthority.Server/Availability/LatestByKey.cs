namespace StockAuthority.Server.Availability;

/// <summary>
/// A bounded buffer that keeps the newest value of each key. Offering is for hot paths: it takes a short lock and never
/// waits or throws. One reader drains it.
/// </summary>
internal sealed class LatestByKey<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private Dictionary<TKey, (long Version, TValue Value)> _values = [];
    private TaskCompletionSource? _awaited;

    /// <summary>False when the buffer is full and the key is not in it.</summary>
    public bool Offer(TKey key, long version, TValue value)
    {
        TaskCompletionSource? awaited;
        lock (_gate)
        {
            if (_values.TryGetValue(key, out var present))
            {
                if (version > present.Version)
                {
                    _values[key] = (version, value);
                }

                return true;
            }

            if (_values.Count >= capacity)
            {
                return false;
            }

            _values.Add(key, (version, value));
            (awaited, _awaited) = (_awaited, null);
        }

        awaited?.TrySetResult();
        return true;
    }

    /// <summary>Returns when there is something to drain.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_values.Count > 0)
            {
                return Task.CompletedTask;
            }

            _awaited ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _awaited.Task.WaitAsync(cancellationToken);
        }
    }

    public IReadOnlyDictionary<TKey, (long Version, TValue Value)> Drain()
    {
        lock (_gate)
        {
            var drained = _values;
            _values = [];
            return drained;
        }
    }
}
