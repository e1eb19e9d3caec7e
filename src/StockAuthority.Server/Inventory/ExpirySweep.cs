using System.Globalization;
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
    /// <summary>Small enough that expiries never crowd a lane's queue.</summary>
    private const int PageSize = 1_000;

    private const string DueSql =
        """
        SELECT tenant_id, reservation_number
        FROM reservations
        WHERE state = 1 AND expire_at <= now()
        ORDER BY expire_at
        LIMIT $1
        """;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await NextAsync(timer, stoppingToken))
        {
            try
            {
                // A full page means that more are due: no pause then.
                while (await SweepAsync(stoppingToken) == PageSize)
                {
                }
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

    private async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        List<(string TenantId, long Number)> due = [];
        await using (var command = reads.CreateCommand(DueSql))
        {
            command.Parameters.Add(Sql.Number(PageSize));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                due.Add((reader.GetString(0), reader.GetInt64(1)));
            }
        }

        var answers = await Task.WhenAll(due.Select(each => ledger.SubmitAsync(
            each.TenantId,
            string.Create(CultureInfo.InvariantCulture, $"\u001fexpire:{each.Number}"),
            new StockCommand.Expire(each.Number),
            cancellationToken)));
        if (answers.Any(answer => answer.Refusal is not null))
        {
            // Overloaded or without its database: the next tick tries again.
            return 0;
        }

        return due.Count;
    }

    [LoggerMessage(LogLevel.Warning, "Looking for expired reservations failed; the next interval tries again.")]
    private partial void LogFailed(Exception error);
}
