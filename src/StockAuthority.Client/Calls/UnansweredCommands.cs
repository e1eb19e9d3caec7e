using System.Threading.Channels;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Client.Calls;

/// <summary>The commands of one enumeration that were taken from the caller and are not answered, and the queue of the stream that sends them.</summary>
internal sealed class UnansweredCommands(TimeSpan patience, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, PendingCommand> _byKey = new(StringComparer.Ordinal);
    private Channel<PendingCommand> _queue = Channel.CreateUnbounded<PendingCommand>();
    private long _taken;
    private long _progressAt;
    private bool _areAllTaken;

    /// <summary>How many were answered.</summary>
    public long Answered { get; private set; }

    /// <summary>Whether everything is answered and nothing more comes.</summary>
    public bool IsDone
    {
        get
        {
            lock (_gate)
            {
                return _areAllTaken && _byKey.Count == 0;
            }
        }
    }

    /// <summary>Whether something is unanswered and nothing at all was answered for longer than the patience.</summary>
    public bool IsOverdue
    {
        get
        {
            lock (_gate)
            {
                return _byKey.Count > 0 && time.GetElapsedTime(_progressAt) > patience;
            }
        }
    }

    /// <exception cref="ArgumentException">It has no key, one that cannot be a key, or that of another one which is unanswered.</exception>
    public void Add(ExecuteCommand command)
    {
        var key = new IdempotencyKey(CommandKeys.Of(command));
        lock (_gate)
        {
            var pending = new PendingCommand(key, ++_taken, command);
            if (!_byKey.TryAdd(key.Text, pending))
            {
                throw new ArgumentException($"The key '{key}' belongs to a command that is not answered yet.", nameof(command));
            }

            if (_byKey.Count == 1)
            {
                _progressAt = time.GetTimestamp();
            }

            _queue.Writer.TryWrite(pending);
        }
    }

    /// <summary>No more are added.</summary>
    public void AllAreTaken()
    {
        lock (_gate)
        {
            _areAllTaken = true;
            CompleteIfDone();
        }
    }

    /// <summary>
    /// For a stream that begins: everything that is unanswered, in the caller's order, and then what is added. It is complete
    /// when all is answered. The queue of the stream before gets nothing more.
    /// </summary>
    public Channel<PendingCommand> NewQueue()
    {
        lock (_gate)
        {
            _queue = Channel.CreateUnbounded<PendingCommand>();
            foreach (var pending in InOrder())
            {
                _queue.Writer.TryWrite(pending);
            }

            CompleteIfDone();
            return _queue;
        }
    }

    public PendingCommand? Find(string key)
    {
        lock (_gate)
        {
            return _byKey.GetValueOrDefault(key);
        }
    }

    public PendingCommand[] All()
    {
        lock (_gate)
        {
            return [.. InOrder()];
        }
    }

    public void Remove(PendingCommand pending)
    {
        lock (_gate)
        {
            _byKey.Remove(pending.Key.Text);
            _progressAt = time.GetTimestamp();
            Answered++;
            CompleteIfDone();
        }
    }

    private IEnumerable<PendingCommand> InOrder() => _byKey.Values.OrderBy(pending => pending.Number);

    private void CompleteIfDone()
    {
        if (_areAllTaken && _byKey.Count == 0)
        {
            _queue.Writer.TryComplete();
        }
    }
}

/// <param name="Number">Its place in the caller's order.</param>
internal sealed record PendingCommand(IdempotencyKey Key, long Number, ExecuteCommand Command)
{
    /// <summary>How often it was sent.</summary>
    public int Attempts { get; set; }
}
