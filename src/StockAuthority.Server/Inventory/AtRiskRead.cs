using System.Collections.Immutable;
using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// Reads the reservations that are at risk where a physical fact is about to take what was promised. A round trip of its own
/// under the tenant's lock, just before the command is decided.
/// </summary>
internal static partial class AtRiskRead
{
    /// <summary>How much of the journal's end is looked through, for each key once in a batch.</summary>
    private const int MaximumScan = 10_000;

    public static async Task ReadAsync(NpgsqlConnection connection, BatchTenant tenant, ImmutableArray<StockKey> keys, CancellationToken cancellationToken)
    {
        if (keys.IsEmpty)
        {
            return;
        }

        await using var command = new NpgsqlCommand(ReservationsSql, connection);
        command.Parameters.Add(Sql.Text(tenant.Head.TenantId));
        command.Parameters.Add(Sql.Number(tenant.Head.LastSequence - MaximumScan));
        command.Parameters.Add(Sql.Texts(keys, static key => key.Sku));
        command.Parameters.Add(Sql.Texts(keys, static key => key.LocationId));
        command.Parameters.Add(Sql.Number(ReservationsAtRisk.Most));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var reservation = ReservationRow.Read(reader, 1);

            // What the batch knows already may be newer than what is stored.
            if (tenant.State.Reservation(reservation.Number) is null)
            {
                tenant.State.Load(reservation);
            }
        }
    }
}
