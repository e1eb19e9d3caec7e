using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// Reads the other reservations of orders of which an expired one is to be committed, since one of them may stand in for it, and
/// whether its units may be promised again where they are. Hardly ever needed, so it is a round trip of its own, under the locks that the first one took.
/// </summary>
internal static partial class OrderContextRead
{
    public static async Task ReadAsync(NpgsqlConnection connection, BatchNeeds needs, BatchState state, CancellationToken cancellationToken)
    {
        List<(string TenantId, Reservation Reservation)> expired = [.. Expired(needs, state)];
        if (expired.Count == 0)
        {
            return;
        }

        List<(string TenantId, string OrderRef)> orders = [.. expired.Select(each => (each.TenantId, each.Reservation.OrderRef)).Distinct()];
        List<(string TenantId, string LocationId)> locations =
            [.. expired.SelectMany(each => each.Reservation.Lines.Select(line => (each.TenantId, line.Key.LocationId))).Distinct()];
        await using var commands = new NpgsqlBatch(connection);
        commands.Add(ReservationsSql, Sql.Texts(orders, static each => each.OrderRef), Sql.Texts(orders, static each => each.TenantId));
        commands.Add(BatchRead.LocationsSql, Sql.Texts(locations, static each => each.LocationId), Sql.Texts(locations, static each => each.TenantId));
        await using var reader = await commands.ExecuteReaderAsync(cancellationToken);
        var results = new ResultReader(reader, cancellationToken);
        await results.EachAsync(state.LoadReservation);
        await results.EachAsync(state.LoadLocation);
    }

    private static IEnumerable<(string TenantId, Reservation Reservation)> Expired(BatchNeeds needs, BatchState state)
    {
        foreach (var (tenantId, number) in needs.Committing)
        {
            if (state.Tenant(tenantId)?.State.Reservation(number) is { } reservation
                && (reservation.State is ReservationState.Expired or ReservationState.Committed || needs.IsExpiring(tenantId, number)))
            {
                yield return (tenantId, reservation);
            }
        }
    }
}
