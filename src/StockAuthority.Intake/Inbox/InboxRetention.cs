using Npgsql;

namespace StockAuthority.Intake.Inbox;

/// <summary>Deletes finished rows that are past their retention, in short statements that hold up nobody.</summary>
internal sealed partial class InboxRetention(NpgsqlDataSource database, InboxMigration migration, IntakeSettings settings, TimeProvider clock, ILogger<InboxRetention> logger) : BackgroundService
{
    private const int RowsPerDelete = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

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
                LogFailed(failure);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task DeleteExpiredAsync(CancellationToken cancellationToken)
    {
        var total = 0;
        int deleted;
        do
        {
            await using var delete = database.CreateCommand(DeleteSql);
            delete.Parameters.Add(new() { Value = clock.GetUtcNow() - settings.Retention });
            delete.Parameters.Add(new() { Value = RowsPerDelete });
            deleted = await delete.ExecuteNonQueryAsync(cancellationToken);
            total += deleted;
        }
        while (deleted == RowsPerDelete);

        if (total > 0)
        {
            LogDeleted(total);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted {RowCount} inbox rows that were past their retention")]
    private partial void LogDeleted(int rowCount);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Inbox rows past their retention could not be deleted; trying again in an hour")]
    private partial void LogFailed(Exception failure);
}
