using Confluent.Kafka;

namespace StockAuthority.Connectors.Broker.Kafka;

/// <summary>The delivery reports of one call.</summary>
internal sealed class Deliveries(int count)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly (Error Error, bool IsAlone)?[] _reports = new (Error, bool)?[count];
    private int _missing = count;

    /// <summary>Completes with the last report.</summary>
    public Task Ended => _ended.Task;

    /// <param name="isAlone">The error is of this message, whatever became of others.</param>
    public void Report(int position, Error error, bool isAlone = false)
    {
        lock (_lock)
        {
            if (_reports[position] is null)
            {
                _reports[position] = (error, isAlone);
                if (--_missing == 0)
                {
                    _ended.TrySetResult();
                }
            }
        }
    }

    public (Error Error, bool IsAlone) Of(int position)
    {
        lock (_lock)
        {
            return _reports[position]!.Value;
        }
    }
}
