using Microsoft.Extensions.Options;
using Npgsql;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.ChangeFeed;

/// <summary>
/// Asks the database for the heads of all watched tenants, in one query for all streams: what a lost wake-up costs is this
/// interval, however many watch.
/// </summary>
internal sealed partial class FeedPoll(
    [FromKeyedServices(DataSources.Reads)] NpgsqlDataSource reads,
    FeedSignals signals,
    IOptions<ChangeFeedOptions> options,
    TimeProvider time,
    ILogger<FeedPoll> logger) : PeriodicService(options.Value.PollInterval, time)
{
    private const string HeadsSql =
        """
        SELECT tenant_id, last_sequence
        FROM tenants
        WHERE tenant_id = ANY ($1)
        """;

    private bool _failing;

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        await PollAsync(cancellationToken);
        _failing = false;
    }

    protected override void Failed(Exception error)
    {
        if (!_failing)
        {
            _failing = true;
            LogFailing(error);
        }
    }

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        var tenants = signals.WatchedTenants;
        if (tenants.Count == 0)
        {
            return;
        }

        await using var command = reads.CreateCommand(HeadsSql);
        command.Parameters.Add(Sql.Texts([.. tenants]));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            signals.Heard(reader.GetString(0), reader.GetInt64(1));
        }
    }

    [LoggerMessage(LogLevel.Warning, "Looking for changes failed; every interval tries again.")]
    private partial void LogFailing(Exception error);
}
