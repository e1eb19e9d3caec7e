using DbUp;
using DbUp.Engine;
using Npgsql;
using Polly;
using Polly.Retry;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Infrastructure;

/// <summary>Brings the database to this version's schema, at start. Migrations only go forward.</summary>
internal static partial class DatabaseMigration
{
    private static readonly ResiliencePipeline WhileDatabaseStarts = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<NpgsqlException>(DatabaseErrors.IsTransient),
            MaxRetryAttempts = 60,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromMilliseconds(100),
            MaxDelay = TimeSpan.FromSeconds(1),
        })
        .Build();

    /// <exception cref="StartupException">The database cannot be reached, or a migration failed.</exception>
    public static void Run(string connectionString, ILogger logger)
    {
        try
        {
            WhileDatabaseStarts.Execute(() =>
            {
                // Not pooled: a pooled session would keep the lock until its pool gives it up, and no replica could start.
                using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
                connection.Open();

                // Several replicas may start at once; the lock is the session's and goes with it.
                using var mutex = new NpgsqlCommand("SELECT pg_advisory_lock(7340211)", connection);
                mutex.ExecuteNonQuery();
                var result = Upgrade(connectionString);
                if (!result.Successful)
                {
                    throw new StartupException($"Migration {result.ErrorScript?.Name} failed: {result.Error.Message}");
                }

                foreach (var script in result.Scripts)
                {
                    LogMigrated(logger, script.Name);
                }

                // Before the first command: this server may have been off for longer than there were partitions for.
                JournalPartitions.Add(connection, TimeProvider.System.GetUtcNow());
            });
        }
        catch (NpgsqlException error)
        {
            throw new StartupException($"The database cannot be reached: {error.Message}");
        }
    }

    private static DatabaseUpgradeResult Upgrade(string connectionString) => DeployChanges.To
        .PostgresqlDatabase(connectionString)
        .WithScriptsEmbeddedInAssembly(typeof(DatabaseMigration).Assembly, name => name.Contains(".Migrations.", StringComparison.Ordinal))
        .JournalToPostgresqlTable("public", "schema_migrations")
        .WithTransactionPerScript()
        .LogToNowhere()
        .Build()
        .PerformUpgrade();

    [LoggerMessage(LogLevel.Information, "Applied migration {Script}.")]
    private static partial void LogMigrated(ILogger logger, string script);
}
