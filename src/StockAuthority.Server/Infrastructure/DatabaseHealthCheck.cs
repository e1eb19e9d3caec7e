using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace StockAuthority.Server.Infrastructure;

/// <summary>The server is ready while its database answers. The cache is not asked: without it answers are only slower.</summary>
internal sealed class DatabaseHealthCheck([FromKeyedServices(DataSources.Reads)] NpgsqlDataSource reads) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var command = reads.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception error) when (DatabaseErrors.IsTransient(error))
        {
            return HealthCheckResult.Unhealthy("The database does not answer.", error);
        }
    }
}
