using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace StockAuthority.Database;

/// <summary>Deletes finished rows that are past their retention, each hour, in short statements that hold up nobody.</summary>
/// <param name="deleteSql">Deletes at most $2 rows from before $1.</param>
/// <param name="retention">How long finished rows stay.</param>
public abstract partial class RowRetention(
    NpgsqlDataSource database, DatabaseMigration migration, string deleteSql, TimeSpan retention, TimeProvider clock, ILogger logger) : BackgroundService
{
    private const int RowsPerDelete = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Deletes all that is due now, and says how many rows there were.</summary>
    public async Task<int> DeleteExpiredAsync(CancellationToken cancellationToken)
    {
        var total = 0;
        int deleted;
        do
        {
            await using var delete = database.CreateCommand(deleteSql);
            delete.Parameters.Add(new() { Value = clock.GetUtcNow() - retention });
            delete.Parameters.Add(new() { Value = RowsPerDelete });
            deleted = await delete.ExecuteNonQueryAsync(cancellationToken);
            total += deleted;
        }
        while (deleted == RowsPerDelete);

        if (total > 0)
        {
            LogDeleted(logger, total);
        }

        return total;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migration.Done.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await DeleteExpiredAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogFailed(logger, failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted {RowCount} rows that were past their retention")]
    private static partial void LogDeleted(ILogger logger, int rowCount);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Rows past their retention could not be deleted; trying again in an hour")]
    private static partial void LogFailed(ILogger logger, Exception failure);
}
