using System.Diagnostics.Metrics;
using Npgsql;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Exceptions;

/// <summary>Tells the metrics how many cases are open, by kind, and how old the oldest is. Every replica tells the same.</summary>
internal sealed partial class ExceptionCounts : PeriodicService
{
    // Tenants are not told apart: a metric of each would have no bound.
    private const string CountSql = "SELECT kind, count(*), min(opened_at), count(*) FILTER (WHERE due_at < now()) FROM exception_cases WHERE status <> 3 GROUP BY kind";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly NpgsqlDataSource _database;
    private readonly ILogger<ExceptionCounts> _logger;
    private readonly Meter _meter = new("StockAuthority.Exceptions");
    private IReadOnlyList<(string Kind, long Count, DateTimeOffset OldestAt, long Overdue)> _counts = [];

    public ExceptionCounts([FromKeyedServices(DataSources.Reads)] NpgsqlDataSource database, TimeProvider time, ILogger<ExceptionCounts> logger)
        : base(Interval, time)
    {
        _database = database;
        _logger = logger;
        _meter.CreateObservableGauge("stockauthority.exceptions.open", () => Measure(each => each.Count), "{case}", "Cases that are not resolved, by kind.");
        _meter.CreateObservableGauge("stockauthority.exceptions.overdue", () => Measure(each => each.Overdue), "{case}", "Of those, the ones past their deadline.");
        _meter.CreateObservableGauge(
            "stockauthority.exceptions.oldest", () => Measure(each => (Time.GetUtcNow() - each.OldestAt).TotalSeconds), "s", "Age of the oldest case that is not resolved, by kind.");
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        List<(string, long, DateTimeOffset, long)> counts = [];
        await using var command = _database.CreateCommand(CountSql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            counts.Add((((Core.Exceptions.ExceptionKind)reader.GetInt16(0)).ToString(), reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetInt64(3)));
        }

        _counts = counts;
    }

    protected override void Failed(Exception error) => LogFailed(error);

    private IEnumerable<Measurement<T>> Measure<T>(Func<(string Kind, long Count, DateTimeOffset OldestAt, long Overdue), T> of)
        where T : struct => _counts.Select(each => new Measurement<T>(of(each), new KeyValuePair<string, object?>("kind", each.Kind)));

    [LoggerMessage(LogLevel.Warning, "The open cases could not be counted; the next interval tries again.")]
    private partial void LogFailed(Exception error);
}
