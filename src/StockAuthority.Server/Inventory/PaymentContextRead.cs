using Npgsql;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// Reads what belongs to the orders of payments: all payments of an order, its reservations, and the levels of every line
/// that either names. Under the tenants' locks; where payment events are in the batch, in the round trip that takes them.
/// </summary>
internal static partial class PaymentContextRead
{
    /// <summary>Whether commands name payments or their orders. Reserves do not, and hardly ever meet one.</summary>
    public static bool IsNeededBy(BatchNeeds needs) => needs.Events.Count > 0 || needs.Orders.Count > 0 || needs.Payments.Count > 0;

    public static async Task ReadAsync(NpgsqlConnection connection, BatchNeeds needs, BatchState state, CancellationToken cancellationToken)
    {
        await using var commands = new NpgsqlBatch(connection);
        AddTo(commands, needs);
        await using var reader = await commands.ExecuteReaderAsync(cancellationToken);
        await LoadAsync(new ResultReader(reader, cancellationToken), state);
    }

    public static void AddTo(NpgsqlBatch commands, BatchNeeds needs)
    {
        commands.Add(
            RecordedEventsSql,
            Sql.Texts(needs.Events, static each => each.Event.Id.EventId),
            Sql.Texts(needs.Events, static each => each.Event.Id.Account),
            Sql.Texts(needs.Events, static each => each.Event.Id.Provider),
            Sql.Texts(needs.Events, static each => each.TenantId));
        commands.Add(PaymentsSql, OrderParameters(needs));
        commands.Add(ReservationsSql, OrderParameters(needs));
        commands.Add(LevelsSql, OrderParameters(needs));
    }

    /// <summary>Takes over the results of what <see cref="AddTo"/> added.</summary>
    public static async Task LoadAsync(ResultReader results, BatchState state)
    {
        await results.EachAsync(state.LoadRecordedEvent);
        await results.EachAsync(state.LoadPayment);
        await results.EachAsync(state.LoadReservation);
        await results.EachAsync(state.LoadTouchedKey);
    }

    /// <summary>The parameters of touched_orders, in its order.</summary>
    private static NpgsqlParameter[] OrderParameters(BatchNeeds needs)
    {
        List<(string TenantId, string OrderRef)> ordered =
            [.. needs.Events.Where(each => each.Event.OrderRef is not null).Select(each => (each.TenantId, each.Event.OrderRef!)), .. needs.Orders];
        List<(string TenantId, string ObjectId)> paid =
        [
            .. needs.Events.Where(each => each.Event.PaymentObjectId is not null).Select(each => (each.TenantId, each.Event.PaymentObjectId!)),
            .. needs.Payments.Select(each => (each.TenantId, each.Id.ObjectId)),
        ];
        return
        [
            Sql.Texts(ordered, static each => each.OrderRef),
            Sql.Texts(ordered, static each => each.TenantId),
            Sql.Texts(paid, static each => each.ObjectId),
            Sql.Texts(paid, static each => each.TenantId),
            Sql.Texts(needs.Reserving, static each => each.Command.OrderRef),
            Sql.OptionalTexts(needs.Reserving, static each => each.Command.PaymentObjectId),
            Sql.Texts(needs.Reserving, static each => each.TenantId),
        ];
    }
}
