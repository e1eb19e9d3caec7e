using DbUp;
using DbUp.Engine;

namespace StockAuthority.Intake.Inbox;

/// <summary>
/// Brings the inbox database to this version's shape, again and again until PostgreSQL is there. It does not hold up the
/// start: until it is done webhooks get 503 and the process says that it is not ready. Replicas that start together can
/// collide; each script is one transaction, so the loser's is undone and its next try finds it applied.
/// </summary>
internal sealed partial class InboxMigration(IntakeSettings settings, TimeProvider clock, ILogger<InboxMigration> logger) : BackgroundService
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the database is ready for use.</summary>
    public Task Done => _done.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!Done.IsCompleted)
        {
            var result = await Task.Run(Upgrade, stoppingToken);
            if (result.Successful)
            {
                LogMigrated();
                _done.SetResult();
                return;
            }

            LogNotYet(result.Error);
            await Task.Delay(RetryInterval, clock, stoppingToken);
        }
    }

    private DatabaseUpgradeResult Upgrade()
    {
        try
        {
            return DeployChanges.To.PostgresqlDatabase(settings.InboxConnectionString)
                .WithScriptsEmbeddedInAssembly(typeof(InboxMigration).Assembly)
                .WithTransactionPerScript()
                .LogToNowhere()
                .Build()
                .PerformUpgrade();
        }
        catch (Exception failure)
        {
            return new DatabaseUpgradeResult([], false, failure, null);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The inbox database is ready")]
    private partial void LogMigrated();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The inbox database is not ready; trying again")]
    private partial void LogNotYet(Exception failure);
}
