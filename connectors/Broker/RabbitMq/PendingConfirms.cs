using System.Globalization;
using StockAuthority.Connectors.Broker.Events;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Forwarding;

namespace StockAuthority.Connectors.Broker.RabbitMq;

/// <summary>
/// What the broker said of the messages of one call. The client could track each by itself; a task for each message, started before the one
/// before it has ended, is slower, and says less about their order.
/// </summary>
internal sealed class PendingConfirms
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IReadOnlyList<StockChange> _changes;
    private readonly State[] _states;
    private readonly int[] _positionOfMessage;
    private readonly ulong _firstTag;

    /// <summary>Answers beyond the first that is missing.</summary>
    private readonly HashSet<int> _answered = [];
    private readonly int _largestBytes;
    private int _sent;
    private int _unanswered;
    private int _firstUnanswered;
    private ForwardTrouble? _end;

    /// <param name="changes">All of the call.</param>
    /// <param name="firstTag">The delivery tag that the first of them gets.</param>
    /// <param name="largestBytes">Larger ones are not sent: the broker would close the channel over them.</param>
    public PendingConfirms(IReadOnlyList<StockChange> changes, ulong firstTag, int largestBytes)
    {
        (_changes, _firstTag, _largestBytes) = (changes, firstTag, largestBytes);
        _states = [.. changes.Select(change => change.Body.Length > largestBytes ? State.TooLarge : State.Waiting)];
        _positionOfMessage = [.. Enumerable.Range(0, changes.Count).Where(position => _states[position] == State.Waiting)];
        _unanswered = _sent = _positionOfMessage.Length;
        if (_unanswered == 0)
        {
            _ended.SetResult();
        }
    }

    private enum State
    {
        Waiting,
        Confirmed,
        Returned,
        Nacked,
        TooLarge,
    }

    /// <summary>Completes when the broker has answered for all, or will not any more.</summary>
    public Task Ended => _ended.Task;

    public long FirstSequence => _changes[0].Sequence;

    public IEnumerable<StockChange> Messages => _positionOfMessage.Select(position => _changes[position]);

    /// <summary>No queue is bound for it. The broker confirms it afterwards, since it has done what there was to do.</summary>
    public void Returned(string? id)
    {
        lock (_lock)
        {
            // The broker answers in order: it is one of the first of those that wait.
            for (var message = _firstUnanswered; message < _sent; message++)
            {
                var position = _positionOfMessage[message];
                if (_changes[position].Id == id && _states[position] == State.Waiting)
                {
                    _states[position] = State.Returned;
                    return;
                }
            }
        }
    }

    public void Answered(ulong tag, bool andAllBefore, bool isConfirmed)
    {
        lock (_lock)
        {
            if (tag < _firstTag || tag - _firstTag >= (ulong)_sent)
            {
                return;
            }

            var last = (int)(tag - _firstTag);
            for (var message = andAllBefore ? _firstUnanswered : last; message <= last; message++)
            {
                ref var state = ref _states[_positionOfMessage[message]];
                if (message >= _firstUnanswered && _answered.Add(message))
                {
                    _unanswered--;
                    state = !isConfirmed ? State.Nacked : state == State.Waiting ? State.Confirmed : state;
                }
            }

            while (_answered.Remove(_firstUnanswered))
            {
                _firstUnanswered++;
            }

            if (_unanswered == 0)
            {
                _ended.TrySetResult();
            }
        }
    }

    /// <summary>Only so many of the messages were sent: nothing is said about the others.</summary>
    public void Cut(int sent)
    {
        lock (_lock)
        {
            _unanswered -= _sent - sent;
            _sent = sent;
            if (_unanswered == 0)
            {
                _ended.TrySetResult();
            }
        }
    }

    /// <summary>Nothing more is said.</summary>
    public void End(ForwardTrouble trouble)
    {
        lock (_lock)
        {
            _end ??= trouble;
            _ended.TrySetResult();
        }
    }

    public ForwardResult Result(bool acceptUnroutable)
    {
        lock (_lock)
        {
            var refused = new Dictionary<int, Refusal>();
            for (var position = 0; position < _states.Length; position++)
            {
                switch (_states[position])
                {
                    case State.Confirmed:
                    case State.Returned when acceptUnroutable && IsAnswered(position):
                        break;
                    case State.TooLarge:
                        refused[position] = TooLarge(_changes[position]);
                        break;
                    case State.Returned:
                        return new ForwardResult(
                            position, refused, new ForwardTrouble("UNROUTABLE", $"no queue is bound for routing key {_changes[position].RoutingKey}", NeedsPeople: true));
                    case State.Nacked:
                        return new ForwardResult(position, refused, new ForwardTrouble("NACK", "the broker could not take it: a queue is full, or failed"));
                    default:
                        return new ForwardResult(position, refused, _end ?? new ForwardTrouble("UNCONFIRMED", "the rest was not sent"));
                }
            }

            return new ForwardResult(_states.Length, refused, null);
        }
    }

    private bool IsAnswered(int position)
    {
        var message = Array.BinarySearch(_positionOfMessage, position);
        return message < _firstUnanswered || _answered.Contains(message);
    }

    private Refusal TooLarge(StockChange change) => new(
        406, "TOO_LARGE", null, string.Create(CultureInfo.InvariantCulture, $"{change.Body.Length} bytes; the broker takes {_largestBytes}"), change.Id, null);
}
