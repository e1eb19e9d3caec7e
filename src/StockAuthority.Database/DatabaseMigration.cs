using System.Reflection;
using DbUp;
using DbUp.Engine;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace StockAuthority.Database;

/// <summary>
/// Brings a process's own database to this version's shape, again and again until PostgreSQL is there. It does not hold up the
/// start: until it is done the process says that it is not ready. Replicas that start together can collide; each script is
/// one transaction, so the loser's is undone and its next try finds it applied.
/// </summary>
/// <param name="connectionString">As the owner of what the scripts make.</param>
/// <param name="schema">Where the record of applied scripts is, made if it is missing; null for the default schema.</param>
/// <param name="scripts">The assembly that embeds the numbered scripts.</param>
public abstract partial class DatabaseMigration(string connectionString, string? schema, Assembly scripts, TimeProvider clock, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the database is ready for use.</summary>
    public Task Done => _done.Task;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!Done.IsCompleted)
        {
            var result = await Task.Run(Upgrade, stoppingToken);
            if (result.Successful)
            {
                LogMigrated(logger);
                _done.SetResult();
                return;
            }

            LogNotYet(logger, result.Error);
            await Task.Delay(RetryInterval, clock, stoppingToken);
        }
    }

    private DatabaseUpgradeResult Upgrade()
    {
        try
        {
            return DeployChanges.To.PostgresqlDatabase(connectionString, schema)
                .WithScriptsEmbeddedInAssembly(scripts)
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

    [LoggerMessage(Level = LogLevel.Information, Message = "The database is ready")]
    private static partial void LogMigrated(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database is not ready; trying again")]
    private static partial void LogNotYet(ILogger logger, Exception failure);
}
