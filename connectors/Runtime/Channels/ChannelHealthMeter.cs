using Google.Protobuf.WellKnownTypes;
using StockAuthority.ChangeFeed.V1;

namespace StockAuthority.Connectors.Runtime.Channels;

/// <summary>Counts since the last report. Gauges are set by those who know them.</summary>
internal sealed class ChannelHealthMeter(ChannelDeclarationOptions declaration, TimeProvider clock)
{
    /// <summary>Delays beyond these are counted, and left out of the percentiles.</summary>
    private const int MostDelays = 10_000;
    private readonly Lock _lock = new();
    private readonly TimeSpan _visibleWithin = declaration.Declaration.Objectives.VisibleWithin.ToTimeSpan();
    private List<TimeSpan> _delays = [];
    private ChannelHealth _counts = new();
    private long _start = clock.GetTimestamp();
    private DateTimeOffset? _oldest;
    private int _queueDepth;
    private bool _breakerOpen;

    public DateTimeOffset? OldestUndelivered
    {
        get
        {
            lock (_lock)
            {
                return _oldest;
            }
        }
    }

    /// <summary>Seconds since the oldest change that is not delivered was recorded; 0 where none waits.</summary>
    public double OldestAge(DateTimeOffset now) => OldestUndelivered is { } oldest ? Math.Max(0, (now - oldest).TotalSeconds) : 0;

    public int QueueDepth
    {
        get
        {
            lock (_lock)
            {
                return _queueDepth;
            }
        }
    }

    public bool BreakerOpen
    {
        get
        {
            lock (_lock)
            {
                return _breakerOpen;
            }
        }
    }

    public void Count(Action<ChannelHealth> add)
    {
        lock (_lock)
        {
            add(_counts);
        }
    }

    public void Visible(TimeSpan delay)
    {
        lock (_lock)
        {
            _counts.VisibleCount++;
            _counts.LateCount += delay > _visibleWithin ? 1 : 0;
            if (_delays.Count < MostDelays)
            {
                _delays.Add(delay);
            }
        }
    }

    public void Queue(int depth, DateTimeOffset? oldest)
    {
        lock (_lock)
        {
            (_queueDepth, _oldest) = (depth, oldest);
        }
    }

    public void Breaker(bool open)
    {
        lock (_lock)
        {
            _breakerOpen = open;
        }
    }

    /// <summary>What was counted since the last call. A report that is lost loses its counts: the window then lacks its time too.</summary>
    public ChannelHealth Take()
    {
        lock (_lock)
        {
            var health = _counts;
            var delays = _delays;
            (_counts, _delays) = (new ChannelHealth(), []);
            delays.Sort();
            var end = clock.GetTimestamp();
            var duration = clock.GetElapsedTime(_start, end);
            health.Duration = Duration.FromTimeSpan(duration < TimeSpan.FromHours(1) ? duration : TimeSpan.FromHours(1));
            _start = end;
            health.QueueDepth = _queueDepth;
            health.BreakerOpen = _breakerOpen;
            health.OldestUndeliveredAge = _oldest is { } oldest && clock.GetUtcNow() - oldest is var age && age > TimeSpan.Zero ? Duration.FromTimeSpan(age) : null;
            (health.VisibleP50, health.VisibleP95, health.VisibleP99) = (Percentile(delays, 50), Percentile(delays, 95), Percentile(delays, 99));
            return health;
        }
    }

    private static Duration? Percentile(List<TimeSpan> sorted, int percent) =>
        sorted.Count == 0 ? null : Duration.FromTimeSpan(sorted[Math.Min(sorted.Count - 1, sorted.Count * percent / 100)]);
}
