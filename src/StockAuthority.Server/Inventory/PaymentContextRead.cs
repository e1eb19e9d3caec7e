using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// Reads what belongs to the orders of payments: all payments of an order, its reservations, and the levels of every line
/// that either names. A round trip of its own, under the locks that the first one took.
/// </summary>
internal sealed partial class PaymentContextRead
{
    private readonly List<(string TenantId, PaymentEvent Event)> _events = [];
    private readonly List<(string TenantId, StockCommand.Reserve Command)> _reserving = [];

    public bool HasEvents => _events.Count > 0;

    public void Add(string tenantId, PaymentEvent paymentEvent) => _events.Add((tenantId, paymentEvent));

    public void Add(string tenantId, StockCommand.Reserve command) => _reserving.Add((tenantId, command));

    public async Task ReadAsync(NpgsqlConnection connection, BatchState state, CancellationToken cancellationToken)
    {
        await using var commands = new NpgsqlBatch(connection);
        commands.Add(
            RecordedEventsSql,
            Sql.Texts(_events.Select(each => each.Event.Id.EventId)),
            Sql.Texts(_events.Select(each => each.Event.Id.Account)),
            Sql.Texts(_events.Select(each => each.Event.Id.Provider)),
            Sql.Texts(_events.Select(each => each.TenantId)));
        commands.Add(PaymentsSql, OrderParameters());
        commands.Add(ReservationsSql, OrderParameters());
        commands.Add(LevelsSql, OrderParameters());

        await using var reader = await commands.ExecuteReaderAsync(cancellationToken);
        var results = new ResultReader(reader, cancellationToken);
        await results.EachAsync(state.LoadRecordedEvent);
        await results.EachAsync(state.LoadPayment);
        await results.EachAsync(state.LoadReservation);
        await results.EachAsync(state.LoadTouchedKey);
    }

    /// <summary>The parameters of touched_orders, in its order.</summary>
    private NpgsqlParameter[] OrderParameters()
    {
        List<(string TenantId, PaymentEvent Event)> ordered = [.. _events.Where(each => each.Event.OrderRef is not null)];
        List<(string TenantId, PaymentEvent Event)> paid = [.. _events.Where(each => each.Event.PaymentObjectId is not null)];
        return
        [
            Sql.Texts(ordered.Select(each => each.Event.OrderRef!)),
            Sql.Texts(ordered.Select(each => each.TenantId)),
            Sql.Texts(paid.Select(each => each.Event.PaymentObjectId!)),
            Sql.Texts(paid.Select(each => each.TenantId)),
            Sql.Texts(_reserving.Select(each => each.Command.OrderRef)),
            Sql.OptionalTexts(_reserving.Select(each => each.Command.PaymentObjectId)),
            Sql.Texts(_reserving.Select(each => each.TenantId)),
        ];
    }
}
