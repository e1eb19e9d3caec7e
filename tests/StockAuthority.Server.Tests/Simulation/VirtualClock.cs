namespace StockAuthority.Server.Tests.Simulation;

/// <summary>One replica's clock. It stands still until the schedule moves it; who sleeps on it is woken when the schedule says so.</summary>
internal sealed class VirtualClock(DateTimeOffset start, Activity activity) : TimeProvider
{
    private readonly Lock _gate = new();
    private DateTimeOffset _now = start;
    private long _elapsed;
    private Sleep? _sleep;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Whether somebody waits for time to pass: a lane between two attempts.</summary>
    public bool HasSleeper
    {
        get
        {
            lock (_gate)
            {
                return _sleep is not null;
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _elapsed;
        }
    }

    /// <summary>Time passes.</summary>
    public void Advance(TimeSpan by)
    {
        lock (_gate)
        {
            _now += by;
            _elapsed += by.Ticks;
        }
    }

    /// <summary>Somebody sets the clock; no time passes.</summary>
    public void Set(TimeSpan by)
    {
        lock (_gate)
        {
            _now += by;
        }
    }

    /// <summary>So much time passes as the sleeper waits for.</summary>
    public void Wake()
    {
        Sleep sleep;
        lock (_gate)
        {
            sleep = _sleep ?? throw new InvalidOperationException("Nobody sleeps.");
            _sleep = null;
        }

        Advance(sleep.DueTime);
        sleep.Callback(sleep.State);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var sleep = new Sleep(this, callback, state, dueTime);
        lock (_gate)
        {
            _sleep = _sleep is null ? sleep : throw new InvalidOperationException("A lane sleeps once at a time.");
        }

        activity.Signal();
        return sleep;
    }

    private sealed class Sleep(VirtualClock clock, TimerCallback callback, object? state, TimeSpan dueTime) : ITimer
    {
        public TimerCallback Callback { get; } = callback;

        public object? State { get; } = state;

        public TimeSpan DueTime { get; } = dueTime;

        public bool Change(TimeSpan dueTime, TimeSpan period) => false;

        public void Dispose()
        {
            lock (clock._gate)
            {
                if (clock._sleep == this)
                {
                    clock._sleep = null;
                }
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
