using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Server.Inventory;

/// <summary>The first round trip of a batch: takes the tenants' locks and reads everything that its commands can touch.</summary>
internal sealed partial class BatchRead
{
    private readonly List<string> _outcomeKeys = [];
    private readonly List<string> _outcomeTenants = [];
    private readonly List<PaymentEvent> _events = [];
    private readonly List<string> _eventTenants = [];
    private readonly List<string> _eventOrders = [];
    private readonly List<string> _eventOrderTenants = [];
    private readonly List<string> _eventPayments = [];
    private readonly List<string> _eventPaymentTenants = [];
    private readonly List<string> _reservingOrders = [];
    private readonly List<string?> _reservingPayments = [];
    private readonly List<string> _reservingTenants = [];
    private readonly List<long> _reservationNumbers = [];
    private readonly List<string> _reservationTenants = [];
    private readonly HashSet<(StockKey Key, string TenantId)> _keys = [];
    private readonly string[] _tenants;

    private BatchRead(IReadOnlyList<PendingCommand> batch)
    {
        _tenants = [.. batch.Select(command => command.TenantId).Distinct().Order(StringComparer.Ordinal)];
        foreach (var command in batch)
        {
            if (command.RecordsOutcome)
            {
                _outcomeKeys.Add(command.IdempotencyKey);
                _outcomeTenants.Add(command.TenantId);
            }

            Collect(command.TenantId, command.Command);
        }
    }

    /// <summary>Begins the transaction. The connection holds the locks of all tenants of the batch when this returns.</summary>
    public static async Task<BatchState> ReadAsync(NpgsqlConnection connection, IReadOnlyList<PendingCommand> batch, CancellationToken cancellationToken)
    {
        var read = new BatchRead(batch);
        await using var commands = new NpgsqlBatch(connection);
        read.AddTo(commands);
        await using var reader = await commands.ExecuteReaderAsync(cancellationToken);
        return await BatchState.LoadAsync(reader, read._events.Count > 0, cancellationToken);
    }

    private void Collect(string tenantId, StockCommand command)
    {
        switch (command)
        {
            case StockCommand.Reserve reserve:
                _reservingOrders.Add(reserve.OrderRef);
                _reservingPayments.Add(reserve.PaymentObjectId);
                _reservingTenants.Add(tenantId);
                Collect(tenantId, reserve.Lines);
                break;
            case StockCommand.Adjust adjust:
                Collect(tenantId, adjust.Lines);
                break;
            case StockCommand.Commit commit:
                CollectReservation(tenantId, commit.ReservationNumber);
                break;
            case StockCommand.Release release:
                CollectReservation(tenantId, release.ReservationNumber);
                break;
            case StockCommand.Fulfill fulfill:
                CollectReservation(tenantId, fulfill.ReservationNumber);
                break;
            case StockCommand.Expire expire:
                CollectReservation(tenantId, expire.ReservationNumber);
                break;
            case StockCommand.ApplyPaymentEvent apply:
                CollectEvent(tenantId, apply.Event);
                break;
            default:
                throw new InvalidOperationException($"Nothing is known of what {command.GetType().Name} reads.");
        }
    }

    private void CollectEvent(string tenantId, PaymentEvent paymentEvent)
    {
        _events.Add(paymentEvent);
        _eventTenants.Add(tenantId);
        if (paymentEvent.OrderRef is { } orderRef)
        {
            _eventOrders.Add(orderRef);
            _eventOrderTenants.Add(tenantId);
        }

        if (paymentEvent.PaymentObjectId is { } paymentObjectId)
        {
            _eventPayments.Add(paymentObjectId);
            _eventPaymentTenants.Add(tenantId);
        }

        Collect(tenantId, paymentEvent.Lines);
    }

    private void CollectReservation(string tenantId, long number)
    {
        _reservationNumbers.Add(number);
        _reservationTenants.Add(tenantId);
    }

    private void Collect(string tenantId, IEnumerable<StockLine> lines)
    {
        foreach (var line in lines)
        {
            _keys.Add((line.Key, tenantId));
        }
    }

    private void AddTo(NpgsqlBatch commands)
    {
        commands.BatchCommands.Add(new NpgsqlBatchCommand(BeginSql));
        commands.Add(LockHeadsSql, Sql.Texts(_tenants));
        commands.Add(OutcomesSql, Sql.Texts(_outcomeKeys), Sql.Texts(_outcomeTenants));
        commands.Add(PaymentsSql, OrderParameters());
        commands.Add(ReservationsSql, [.. OrderParameters(), Sql.Numbers(_reservationNumbers), Sql.Texts(_reservationTenants)]);
        commands.Add(
            LevelsSql,
            [
                .. OrderParameters(),
                Sql.Numbers(_reservationNumbers),
                Sql.Texts(_reservationTenants),
                Sql.Texts(_keys.Select(each => each.Key.Sku)),
                Sql.Texts(_keys.Select(each => each.Key.LocationId)),
                Sql.Texts(_keys.Select(each => each.TenantId)),
            ]);
        if (_events.Count > 0)
        {
            commands.Add(
                RecordedEventsSql,
                Sql.Texts(_events.Select(each => each.Id.EventId)),
                Sql.Texts(_events.Select(each => each.Id.Account)),
                Sql.Texts(_events.Select(each => each.Id.Provider)),
                Sql.Texts(_eventTenants));
        }
    }

    private NpgsqlParameter[] OrderParameters() =>
    [
        Sql.Texts(_eventOrders),
        Sql.Texts(_eventOrderTenants),
        Sql.Texts(_eventPayments),
        Sql.Texts(_eventPaymentTenants),
        Sql.Texts(_reservingOrders),
        Sql.OptionalTexts(_reservingPayments),
        Sql.Texts(_reservingTenants),
    ];
}
