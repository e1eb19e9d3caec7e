using Npgsql;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Availability;

/// <summary>Names the database, so that what is derived from another one is never taken for this one's.</summary>
internal sealed class DatabaseIdentity([FromKeyedServices(DataSources.Reads)] NpgsqlDataSource reads)
{
    private const string IdentitySql = "SELECT database_id FROM database_identity";

    private volatile string? _known;

    /// <summary>Null until it was read once.</summary>
    public string? Known => _known;

    public async ValueTask<string> ReadAsync(CancellationToken cancellationToken)
    {
        if (_known is { } known)
        {
            return known;
        }

        await using var command = reads.CreateCommand(IdentitySql);
        var identity = (Guid?)await command.ExecuteScalarAsync(cancellationToken)
            ?? throw new InvalidOperationException("The table database_identity has no row.");
        return _known = identity.ToString("N");
    }
}
