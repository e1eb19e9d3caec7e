using Microsoft.Extensions.Options;
using Npgsql;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// Removes stored answers that are older than any provider or caller still retries. Walks the table by its pages, a few at a
/// time and round and round, because an index on their age would cost every command more than this walk costs in all.
/// </summary>
internal sealed partial class OutcomeRetention(
    [FromKeyedServices(DataSources.Reads)] NpgsqlDataSource database,
    IOptions<LedgerOptions> options,
    TimeProvider time,
    ILogger<OutcomeRetention> logger) : PeriodicService(options.Value.OutcomeRetentionInterval, time)
{
    /// <summary>About 2 MiB, read and cleaned in a few milliseconds.</summary>
    private const long PagesAtOnce = 256;

    private long _nextPage;

    /// <summary>Cleans the next pages.</summary>
    /// <returns>How many answers were removed.</returns>
    public async Task<int> StepAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(StepSql);
        command.Parameters.Add(Sql.Number(_nextPage));
        command.Parameters.Add(Sql.Number(_nextPage + PagesAtOnce));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = options.Value.OutcomeRetention });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        _nextPage = _nextPage + PagesAtOnce < reader.GetInt64(0) ? _nextPage + PagesAtOnce : 0;
        return (int)reader.GetInt64(1);
    }

    protected override async Task WorkAsync(CancellationToken cancellationToken) =>
        LedgerTelemetry.RemovedOutcomes.Add(await StepAsync(cancellationToken));

    protected override void Failed(Exception error) => LogFailed(error);

    [LoggerMessage(LogLevel.Warning, "Old outcomes could not be removed; the next interval tries again.")]
    private partial void LogFailed(Exception error);
}
