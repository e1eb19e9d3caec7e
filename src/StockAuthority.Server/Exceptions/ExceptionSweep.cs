using Microsoft.Extensions.Options;
using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;
using ExceptionKind = StockAuthority.Core.Exceptions.ExceptionKind;

namespace StockAuthority.Server.Exceptions;

/// <summary>
/// Has orders judged again that lacked units, once more of them are available than when they were judged last, and closes the cases of
/// events that could not be read and were read since. Every replica may do so: judging again does nothing where nothing came of it.
/// </summary>
internal sealed partial class ExceptionSweep(
    StockLedger ledger,
    [FromKeyedServices(DataSources.Reads)] NpgsqlDataSource database,
    IOptions<ExceptionOptions> options,
    TimeProvider time,
    ILogger<ExceptionSweep> logger) : PeriodicService(options.Value.SweepInterval, time)
{
    private const int PageSize = 100;

    /// <summary>What was available when each case was judged last. Of a hot SKU that only sells, nothing is judged twice.</summary>
    private Dictionary<string, Dictionary<StockKey, long>> _seen = new(StringComparer.Ordinal);

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        var seen = new Dictionary<string, Dictionary<StockKey, long>>(StringComparer.Ordinal);
        var after = "";
        while (true)
        {
            var page = await WaitingAsync(after, cancellationToken);
            foreach (var waiting in page.Where(each => each.Kind != ExceptionKind.UnreadableEvent))
            {
                seen[waiting.CaseId] = waiting.Available;
                if (_seen.TryGetValue(waiting.CaseId, out var before)
                    ? waiting.Available.Any(each => each.Value > before.GetValueOrDefault(each.Key))
                    : waiting.Available.Count > 0)
                {
                    await ReconsiderAsync(waiting, seen, cancellationToken);
                }
            }

            await CloseReadableAsync([.. page.Where(each => each.Kind == ExceptionKind.UnreadableEvent).Select(each => each.CaseId)], cancellationToken);
            if (page.Count < PageSize)
            {
                // What is not open any more needs no memory.
                _seen = seen;
                return;
            }

            after = page[^1].CaseId;
        }
    }

    protected override void Failed(Exception error) => LogFailed(error);

    private async Task ReconsiderAsync(Waiting waiting, Dictionary<string, Dictionary<StockKey, long>> seen, CancellationToken cancellationToken)
    {
        if (!await ledger.ReconsiderAsync(waiting.TenantId, new StockCommand.Reconsider(waiting.OrderRef), cancellationToken))
        {
            // The next round tries again.
            seen.Remove(waiting.CaseId);
        }
    }

    private async Task<List<Waiting>> WaitingAsync(string after, CancellationToken cancellationToken)
    {
        List<Waiting> page = [];
        await using var command = database.CreateCommand(WaitingSql);
        command.Parameters.Add(Sql.Text(after));
        command.Parameters.Add(Sql.Number(PageSize));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (page.Count == 0 || page[^1].CaseId != reader.GetString(0))
            {
                page.Add(new Waiting(reader.GetString(0), reader.GetString(1), (ExceptionKind)reader.GetInt16(2), reader.IsDBNull(3) ? null : reader.GetString(3), []));
            }

            if (!reader.IsDBNull(4))
            {
                page[^1].Available[new StockKey(reader.GetString(4), reader.GetString(5))] = reader.GetInt64(6);
            }
        }

        return page;
    }

    private async Task CloseReadableAsync(string[] caseIds, CancellationToken cancellationToken)
    {
        if (caseIds.Length == 0)
        {
            return;
        }

        await using var command = database.CreateCommand(ReadableSql);
        command.Parameters.Add(Sql.Texts(caseIds));
        command.Parameters.Add(Sql.Time(Time.GetUtcNow().ToDatabasePrecision()));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <param name="Available">The order's keys that have units.</param>
    private sealed record Waiting(string CaseId, string TenantId, ExceptionKind Kind, string? OrderRef, Dictionary<StockKey, long> Available);

    [LoggerMessage(LogLevel.Warning, "Looking for cases that are mended failed; the next interval tries again.")]
    private partial void LogFailed(Exception error);
}
