using StockAuthority.Connectors.Simulators.Square;

namespace StockAuthority.Connectors.Simulators.Control;

/// <summary>What happened, for tests: counts since the start, and the most recent entries.</summary>
internal sealed class RequestLog(TimeProvider clock)
{
    private const int MostKept = 10_000;
    private readonly Lock _lock = new();
    private readonly Queue<RequestRecord> _requests = [];
    private readonly Queue<CountChange> _applied = [];
    private readonly Dictionary<(string Item, string Place), CountChange> _last = [];
    private long _requestsTotal;
    private long _appliedTotal;

    /// <summary>Tells of each change as it is applied, under the log's lock.</summary>
    public event Action<CountChange>? AppliedOne;

    internal sealed record Statistics(long Requests, long AppliedChanges, IReadOnlyList<RequestRecord> RecentRequests, IReadOnlyList<CountChange> RecentApplied);

    public static RequestRecord Of(HttpContext context) => (RequestRecord)context.Items[typeof(RequestRecord)]!;

    public RequestRecord Begin(HttpContext context)
    {
        var record = new RequestRecord { Method = context.Request.Method, Path = context.Request.Path, ReceivedAt = clock.GetUtcNow() };
        context.Items[typeof(RequestRecord)] = record;
        lock (_lock)
        {
            _requestsTotal++;
            Keep(_requests, record);
        }

        context.Response.OnCompleted(() =>
        {
            record.Status = context.Response.StatusCode;
            return Task.CompletedTask;
        });
        return record;
    }

    public void Applied(CountChange change)
    {
        lock (_lock)
        {
            _appliedTotal++;
            _last[(change.CatalogObjectId, change.LocationId)] = change;
            Keep(_applied, change);
            AppliedOne?.Invoke(change);
        }
    }

    /// <summary>What was applied last there, and how much was applied in all.</summary>
    public (decimal? Quantity, long AppliedChanges) Last(string item, string place)
    {
        lock (_lock)
        {
            return (_last.GetValueOrDefault((item, place))?.Quantity, _appliedTotal);
        }
    }

    public Statistics Read()
    {
        lock (_lock)
        {
            return new Statistics(_requestsTotal, _appliedTotal, [.. _requests], [.. _applied]);
        }
    }

    private static void Keep<T>(Queue<T> entries, T entry)
    {
        entries.Enqueue(entry);
        if (entries.Count > MostKept)
        {
            entries.Dequeue();
        }
    }
}
