using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace StockAuthority.Database;

/// <summary>Whether a process's own database is migrated and answers.</summary>
public sealed class DatabaseHealthCheck(NpgsqlDataSource database, DatabaseMigration migration) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!migration.Done.IsCompletedSuccessfully)
        {
            return HealthCheckResult.Unhealthy("The database is not migrated yet.");
        }

        await using var probe = database.CreateCommand("SELECT 1");
        await probe.ExecuteScalarAsync(cancellationToken);
        return HealthCheckResult.Healthy();
    }
}
