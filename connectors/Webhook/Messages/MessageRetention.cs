using Npgsql;

namespace StockAuthority.Connectors.Webhook.Messages;

/// <summary>Deletes finished messages that are past their retention, in short statements that hold up nobody.</summary>
internal sealed partial class MessageRetention(
    NpgsqlDataSource database, WebhookMigration migration, WebhookOptions options, TimeProvider clock, ILogger<MessageRetention> logger) : BackgroundService
{
    private const int RowsPerDelete = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    // Pending ones stay, however old: they are what a subscriber that is away has still to be told.
    private const string DeleteSql =
        """
        DELETE FROM webhooks.messages
        WHERE message_id IN (SELECT message_id FROM webhooks.messages WHERE status <> 'pending' AND finished_at < $1 ORDER BY finished_at LIMIT $2)
        """;

    public async Task<int> DeleteExpiredAsync(CancellationToken cancellationToken)
    {
        var total = 0;
        int deleted;
        do
        {
            await using var delete = database.CreateCommand(DeleteSql);
            delete.Parameters.Add(new() { Value = clock.GetUtcNow() - options.Retention });
            delete.Parameters.Add(new() { Value = RowsPerDelete });
            deleted = await delete.ExecuteNonQueryAsync(cancellationToken);
            total += deleted;
        }
        while (deleted == RowsPerDelete);
        return total;
    }

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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Messages past their retention could not be deleted; trying again in an hour")]
    private partial void LogFailed(Exception failure);
}
