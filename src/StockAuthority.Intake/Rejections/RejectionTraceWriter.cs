using Npgsql;
using StockAuthority.Intake.Inbox;

namespace StockAuthority.Intake.Rejections;

/// <summary>Writes the counted rejections to their table, once a second, and keeps the table under its cap.</summary>
internal sealed partial class RejectionTraceWriter(RejectionTrace trace, NpgsqlDataSource database, InboxMigration migration, TimeProvider clock, ILogger<RejectionTraceWriter> logger) : BackgroundService
{
    public const int MostRows = 10_000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migration.Done.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await WriteAsync(stoppingToken);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (migration.Done.IsCompletedSuccessfully)
        {
            await WriteAsync(cancellationToken);
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var counted = trace.Drain();
        if (counted.Count == 0)
        {
            return;
        }

        try
        {
            await using var batch = database.CreateBatch();
            batch.BatchCommands.Add(AddCommand(counted));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(DeleteBeyondCapSql) { Parameters = { new() { Value = MostRows } } });
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception failure)
        {
            trace.Return(counted);
            LogFailed(failure);
        }
    }

    private static NpgsqlBatchCommand AddCommand(IReadOnlyList<CountedRejections> counted) => new(AddSql)
    {
        Parameters =
        {
            new() { Value = counted.Select(row => row.Key.Account).ToArray() },
            new() { Value = counted.Select(row => row.Key.Reason).ToArray() },
            new() { Value = counted.Select(row => row.Key.HourAt).ToArray() },
            new() { Value = counted.Select(row => row.Key.TenantId).ToArray() },
            new() { Value = counted.Select(row => row.Key.Provider).ToArray() },
            new() { Value = counted.Select(row => row.Count).ToArray() },
            new() { Value = counted.Select(row => row.Sample).ToArray() },
        },
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Counted webhook rejections could not be written; trying again")]
    private partial void LogFailed(Exception failure);
}
