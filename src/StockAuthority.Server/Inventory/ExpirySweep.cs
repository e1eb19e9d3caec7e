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
    ILogger<ExpirySweep> logger) : PeriodicService(Interval, time)
{
    /// <summary>
    /// So many expiries at most are in a lane's queue: however many are due at one instant, a caller's command waits for the few
    /// that are being decided and is decided together with the next few.
    /// </summary>
    public const int PageSize = 50;

    /// <summary>The first rows whose time has passed, each with those of its reservations that are still held for that time.</summary>
    private const string DueSql =
        """
        SELECT e.expire_at, e.tenant_id, e.reservation_numbers,
               ARRAY(
                   SELECT r.reservation_number
                   FROM unnest(e.reservation_numbers) AS named (number)
                   CROSS JOIN LATERAL (
                       SELECT * FROM reservations
                       WHERE reservations.reservation_number = named.number AND reservations.tenant_id = e.tenant_id
                       OFFSET 0
                   ) AS r
                   WHERE r.state = 1 AND r.expire_at = e.expire_at
                   ORDER BY r.reservation_number)
        FROM (SELECT * FROM expiries WHERE expire_at <= now() ORDER BY expire_at, tenant_id LIMIT $1) AS e
        """;

    /// <summary>By what they say: two rows that say the same are one.</summary>
    private const string RemoveSql =
        """
        DELETE FROM expiries
        WHERE ctid = ANY (ARRAY(
            SELECT e.ctid
            FROM unnest($1::timestamptz[], $2::text[], $3::text[]) AS done (expire_at, tenant_id, reservation_numbers)
            CROSS JOIN LATERAL (
                SELECT ctid FROM expiries
                WHERE expiries.expire_at = done.expire_at AND expiries.tenant_id = done.tenant_id
                  AND expiries.reservation_numbers = string_to_array(done.reservation_numbers, ',')::bigint[]
                OFFSET 0
            ) AS e))
        """;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    protected override async Task WorkAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var due = await DueAsync(cancellationToken);

            // What nobody holds any more for this time never will be again: whoever holds it anew writes a row of its own.
            List<Due> done = [.. due.Where(each => each.Held.Length == 0)];
            var goesOn = due.Count == PageSize;
            foreach (var page in Pages(due.Where(each => each.Held.Length > 0)))
            {
                var started = Time.GetTimestamp();
                var answers = await Task.WhenAll(page.SelectMany(each => each.Held.Select(number => ledger.SubmitAsync(
                    each.TenantId,
                    string.Create(CultureInfo.InvariantCulture, $"\u001fexpire:{number}"),
                    new StockCommand.Expire(number),
                    cancellationToken))));

                // Refused: overloaded, or without its database. Not by us: another replica sweeps the same, and a second one only
                // takes the locks that it and the callers need. The next tick looks again.
                if (answers.Any(answer => answer.Refusal is not null) || 2 * answers.Count(IsSwept) <= answers.Length)
                {
                    goesOn = false;
                    break;
                }

                done.AddRange(page);

                // Half of the time is the callers' alone.
                await Task.Delay(Time.GetElapsedTime(started), Time, cancellationToken);
            }

            await RemoveAsync(done, cancellationToken);
            if (!goesOn)
            {
                return;
            }
        }
    }

    protected override void Failed(Exception error) => LogFailed(error);

    private static bool IsSwept(StockAnswer answer) => answer.Response is BoolValue { Value: true };

    /// <summary>Rows together, up to a page's count of reservations.</summary>
    private static IEnumerable<List<Due>> Pages(IEnumerable<Due> due)
    {
        List<Due> page = [];
        foreach (var each in due)
        {
            if (page.Count > 0 && page.Sum(row => row.Held.Length) + each.Held.Length > PageSize)
            {
                yield return page;
                page = [];
            }

            page.Add(each);
        }

        if (page.Count > 0)
        {
            yield return page;
        }
    }

    private async Task<List<Due>> DueAsync(CancellationToken cancellationToken)
    {
        List<Due> due = [];
        await using var command = reads.CreateCommand(DueSql);
        command.Parameters.Add(Sql.Number(PageSize));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add(new Due(
                reader.GetFieldValue<DateTimeOffset>(0), reader.GetString(1), reader.GetFieldValue<long[]>(2), reader.GetFieldValue<long[]>(3)));
        }

        return due;
    }

    private async Task RemoveAsync(List<Due> done, CancellationToken cancellationToken)
    {
        if (done.Count == 0)
        {
            return;
        }

        await using var command = reads.CreateCommand(RemoveSql);
        command.Parameters.Add(Sql.Times(done, static each => each.ExpireAt));
        command.Parameters.Add(Sql.Texts(done, static each => each.TenantId));
        command.Parameters.Add(Sql.Texts(done, static each => string.Join(',', each.Named)));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <param name="Held">Those of <paramref name="Named"/> that are active and expire at this time.</param>
    private readonly record struct Due(DateTimeOffset ExpireAt, string TenantId, long[] Named, long[] Held);

    [LoggerMessage(LogLevel.Warning, "Looking for expired reservations failed; the next interval tries again.")]
    private partial void LogFailed(Exception error);
}
