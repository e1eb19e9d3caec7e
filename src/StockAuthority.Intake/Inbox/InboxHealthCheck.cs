using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace StockAuthority.Intake.Inbox;

internal sealed class InboxHealthCheck(NpgsqlDataSource database, InboxMigration migration) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!migration.Done.IsCompletedSuccessfully)
        {
            return HealthCheckResult.Unhealthy("The inbox database is not migrated yet.");
        }

        await using var probe = database.CreateCommand("SELECT 1");
        await probe.ExecuteScalarAsync(cancellationToken);
        return HealthCheckResult.Healthy();
    }
}
