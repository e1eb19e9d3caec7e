using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// Reads the other reservations of orders of which an expired one is to be committed: one of them may stand in for it. Hardly
/// ever needed, so it is a round trip of its own, under the locks that the first one took.
/// </summary>
internal static partial class OrderContextRead
{
    public static async Task ReadAsync(NpgsqlConnection connection, BatchNeeds needs, BatchState state, CancellationToken cancellationToken)
    {
        List<(string TenantId, string OrderRef)> orders = [.. Orders(needs, state).Distinct()];
        if (orders.Count == 0)
        {
            return;
        }

        await using var commands = new NpgsqlBatch(connection);
        commands.Add(ReservationsSql, Sql.Texts(orders, static each => each.OrderRef), Sql.Texts(orders, static each => each.TenantId));
        await using var reader = await commands.ExecuteReaderAsync(cancellationToken);
        await new ResultReader(reader, cancellationToken).EachAsync(state.LoadReservation);
    }

    private static IEnumerable<(string TenantId, string OrderRef)> Orders(BatchNeeds needs, BatchState state)
    {
        foreach (var (tenantId, number) in needs.Committing)
        {
            if (state.Tenant(tenantId)?.State.Reservation(number) is { } reservation
                && (reservation.State is ReservationState.Expired or ReservationState.Committed || needs.IsExpiring(tenantId, number)))
            {
                yield return (tenantId, reservation.OrderRef);
            }
        }
    }
}
