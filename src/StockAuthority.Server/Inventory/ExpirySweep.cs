using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// Looks for reservations whose time has run out and submits an expiry for each. Every replica may do so: the command
/// decides under the tenant's lock whether the reservation is still due, so it expires once. What is due is asked of the
/// database's clock: no jump of a server's own makes anything expire early or late.
/// </summary>
internal sealed partial class ExpirySweep(
    StockLedger ledger,
    [FromKeyedServices(DataSources.Reads)] NpgsqlDataSource reads,
    TimeProvider time,
    ILogger<ExpirySweep> logger) : BackgroundService
{
    /// <summary>
    /// So many expiries at most are in a lane's queue: however many are due at one instant, a caller's command waits for the few
    /// that are being decided and is decided together with the next few.
    /// </summary>
    private const int PageSize = 50;

    private const string DueSql =
        """
        SELECT expire_at, tenant_id, reservation_number
        FROM reservations
        WHERE state = 1 AND expire_at <= now() AND (expire_at, tenant_id, reservation_number) > ($1, $2, $3)
        ORDER BY expire_at, tenant_id, reservation_number
        LIMIT $4
        """;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await NextAsync(timer, stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        // From page to page it goes on after the last one: what was just swept is dead weight in the index for a while.
        var after = new Due(DateTimeOffset.UnixEpoch, "", 0);
        while (true)
        {
            var due = await DueAsync(after, cancellationToken);
            var answers = await Task.WhenAll(due.Select(each => ledger.SubmitAsync(
                each.TenantId,
                string.Create(CultureInfo.InvariantCulture, $"\u001fexpire:{each.Number}"),
                new StockCommand.Expire(each.Number),
                cancellationToken)));

            // Fewer than a page: these were all. Refused: overloaded, or without its database. Not by us: another replica sweeps the
            // same, and a second one only takes the locks that it and the callers need. The next tick looks again.
            if (due.Count < PageSize || answers.Any(answer => answer.Refusal is not null) || 2 * answers.Count(IsSwept) <= due.Count)
            {
                return;
            }

            after = due[^1];
        }
    }

    private static bool IsSwept(StockAnswer answer) => answer.Response is BoolValue { Value: true };

    private async Task<List<Due>> DueAsync(Due after, CancellationToken cancellationToken)
    {
        List<Due> due = [];
        await using var command = reads.CreateCommand(DueSql);
        command.Parameters.Add(Sql.Time(after.ExpireAt));
        command.Parameters.Add(Sql.Text(after.TenantId));
        command.Parameters.Add(Sql.Number(after.Number));
        command.Parameters.Add(Sql.Number(PageSize));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add(new Due(reader.GetFieldValue<DateTimeOffset>(0), reader.GetString(1), reader.GetInt64(2)));
        }

        return due;
    }

    private readonly record struct Due(DateTimeOffset ExpireAt, string TenantId, long Number);

    [LoggerMessage(LogLevel.Warning, "Looking for expired reservations failed; the next interval tries again.")]
    private partial void LogFailed(Exception error);
}
