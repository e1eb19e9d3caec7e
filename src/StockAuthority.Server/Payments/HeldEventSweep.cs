using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Payments;

/// <summary>
/// Has events judged again that wait for a location, once one of their tenant's was registered or changed. Every replica may do so, and
/// begins anew when it starts: judging again does nothing where nothing has come of the change.
/// </summary>
internal sealed partial class HeldEventSweep(
    StockLedger ledger,
    [FromKeyedServices(DataSources.Reads)] NpgsqlDataSource reads,
    TimeProvider time,
    ILogger<HeldEventSweep> logger) : PeriodicService(Interval, time)
{
    private const int PageSize = 50;

    // A change is visible a while after its time: with its transaction.
    private const string ChangedSql = "SELECT tenant_id, max(changed_at) FROM locations WHERE changed_at > $1::timestamptz - interval '1 minute' GROUP BY tenant_id";

    private const string HeldSql =
        """
        SELECT event_number, order_ref
        FROM payment_events
        WHERE tenant_id = $1 AND event_number > $2 AND resolution = 3 AND reason IN ('UNKNOWN_LOCATION', 'LOCATION_NOT_SELLABLE') AND order_ref IS NOT NULL
        ORDER BY event_number
        LIMIT $3
        """;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, DateTimeOffset> _done = new(StringComparer.Ordinal);
    private DateTimeOffset _after = DateTimeOffset.UnixEpoch;

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        var changed = await ChangedAsync(cancellationToken);
        var isComplete = true;
        foreach (var (tenantId, changedAt) in changed.Where(each => _done.GetValueOrDefault(each.TenantId) < each.ChangedAt))
        {
            if (await ReconsiderAsync(tenantId, cancellationToken))
            {
                _done[tenantId] = changedAt;
            }
            else
            {
                isComplete = false;
            }
        }

        if (isComplete && changed.Count > 0)
        {
            // What is not among the changes any more needs no memory.
            _after = changed.Max(each => each.ChangedAt);
            foreach (var tenantId in _done.Keys.Except(changed.Select(each => each.TenantId)).ToList())
            {
                _done.Remove(tenantId);
            }
        }
    }

    protected override void Failed(Exception error) => LogFailed(error);

    /// <summary>False where the ledger did not take it: it is tried again.</summary>
    private async Task<bool> ReconsiderAsync(string tenantId, CancellationToken cancellationToken)
    {
        long after = 0;
        while (true)
        {
            var held = await HeldAsync(tenantId, after, cancellationToken);
            var taken = await Task.WhenAll(held.Select(each => each.OrderRef).Distinct(StringComparer.Ordinal)
                .Select(orderRef => ledger.ReconsiderAsync(tenantId, new StockCommand.Reconsider(orderRef), cancellationToken)));
            if (taken.Contains(false))
            {
                return false;
            }

            if (held.Count < PageSize)
            {
                return true;
            }

            after = held[^1].Number;
        }
    }

    private async Task<List<(string TenantId, DateTimeOffset ChangedAt)>> ChangedAsync(CancellationToken cancellationToken)
    {
        List<(string TenantId, DateTimeOffset ChangedAt)> changed = [];
        await using var command = reads.CreateCommand(ChangedSql);
        command.Parameters.Add(Sql.Time(_after));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            changed.Add((reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1)));
        }

        return changed;
    }

    private async Task<List<(long Number, string OrderRef)>> HeldAsync(string tenantId, long after, CancellationToken cancellationToken)
    {
        List<(long Number, string OrderRef)> held = [];
        await using var command = reads.CreateCommand(HeldSql);
        command.Parameters.Add(Sql.Text(tenantId));
        command.Parameters.Add(Sql.Number(after));
        command.Parameters.Add(Sql.Number(PageSize));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            held.Add((reader.GetInt64(0), reader.GetString(1)));
        }

        return held;
    }

    [LoggerMessage(LogLevel.Warning, "Looking for held events failed; the next interval tries again.")]
    private partial void LogFailed(Exception error);
}
