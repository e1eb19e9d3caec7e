using Npgsql;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// The first round trip of a batch: takes the tenants' locks and reads what its commands name. Only where payments are
/// involved a second one follows for what belongs to their orders, see <see cref="PaymentContextRead"/>.
/// </summary>
internal sealed partial class BatchRead
{
    private readonly List<PendingCommand> _recording;
    private readonly List<(string TenantId, StockCommand.Reserve Command)> _reserving = [];
    private readonly List<(string TenantId, long Number)> _reservations = [];
    private readonly HashSet<(string TenantId, StockKey Key)> _keys = [];
    private readonly string[] _tenants;
    private readonly PaymentContextRead _context = new();

    private BatchRead(IReadOnlyList<PendingCommand> batch)
    {
        _tenants = [.. batch.Select(command => command.TenantId).Distinct().Order(StringComparer.Ordinal)];
        _recording = [.. batch.Where(command => command.RecordsOutcome)];
        foreach (var command in batch)
        {
            Collect(command.TenantId, command.Command);
        }
    }

    /// <summary>Begins the transaction. The connection holds the locks of all tenants of the batch when this returns.</summary>
    public static async Task<BatchState> ReadAsync(NpgsqlConnection connection, IReadOnlyList<PendingCommand> batch, CancellationToken cancellationToken)
    {
        var read = new BatchRead(batch);
        var state = new BatchState();
        if (await read.ReadNamedAsync(connection, state, cancellationToken) || read._context.HasEvents)
        {
            await read._context.ReadAsync(connection, state, cancellationToken);
        }

        return state;
    }

    private void Collect(string tenantId, StockCommand command)
    {
        switch (command)
        {
            case StockCommand.Reserve reserve:
                _reserving.Add((tenantId, reserve));
                _context.Add(tenantId, reserve);
                Collect(tenantId, reserve.Lines);
                break;
            case StockCommand.Adjust adjust:
                Collect(tenantId, adjust.Lines);
                break;
            case StockCommand.Commit commit:
                _reservations.Add((tenantId, commit.ReservationNumber));
                break;
            case StockCommand.Release release:
                _reservations.Add((tenantId, release.ReservationNumber));
                break;
            case StockCommand.Fulfill fulfill:
                _reservations.Add((tenantId, fulfill.ReservationNumber));
                break;
            case StockCommand.Expire expire:
                _reservations.Add((tenantId, expire.ReservationNumber));
                break;
            case StockCommand.ApplyPaymentEvent apply:
                _context.Add(tenantId, apply.Event);
                Collect(tenantId, apply.Event.Lines);
                break;
            default:
                throw new InvalidOperationException($"Nothing is known of what {command.GetType().Name} reads.");
        }
    }

    private void Collect(string tenantId, IEnumerable<StockLine> lines)
    {
        foreach (var line in lines)
        {
            _keys.Add((tenantId, line.Key));
        }
    }

    /// <summary>True where a payment is known of an order that is being reserved.</summary>
    private async Task<bool> ReadNamedAsync(NpgsqlConnection connection, BatchState state, CancellationToken cancellationToken)
    {
        await using var commands = new NpgsqlBatch(connection);
        AddTo(commands);
        await using var reader = await commands.ExecuteReaderAsync(cancellationToken);
        var results = new ResultReader(reader, cancellationToken);
        await results.EachAsync(state.LoadHead);
        if (_recording.Count > 0)
        {
            await results.EachAsync(state.LoadOutcome);
        }

        if (_keys.Count > 0)
        {
            await results.EachAsync(state.LoadLocation);
            await results.EachAsync(state.LoadLevel);
        }

        if (_reservations.Count > 0)
        {
            await results.EachAsync(state.LoadReservation);
            await results.EachAsync(state.LoadLevel);
        }

        var hasPayments = false;
        if (_reserving.Count > 0)
        {
            await results.EachAsync(row => hasPayments = row.GetBoolean(0));
        }

        return hasPayments;
    }

    private void AddTo(NpgsqlBatch commands)
    {
        commands.BatchCommands.Add(new NpgsqlBatchCommand(BeginSql));
        commands.Add(LockHeadsSql, Sql.Texts(_tenants));
        if (_recording.Count > 0)
        {
            commands.Add(
                OutcomesSql,
                Sql.Texts(_recording.Select(command => command.IdempotencyKey)),
                Sql.Texts(_recording.Select(command => command.TenantId)));
        }

        if (_keys.Count > 0)
        {
            List<(string TenantId, string LocationId)> locations = [.. _keys.Select(each => (each.TenantId, each.Key.LocationId)).Distinct()];
            commands.Add(LocationsSql, Sql.Texts(locations.Select(each => each.LocationId)), Sql.Texts(locations.Select(each => each.TenantId)));
            commands.Add(
                LevelsSql,
                Sql.Texts(_keys.Select(each => each.Key.Sku)),
                Sql.Texts(_keys.Select(each => each.Key.LocationId)),
                Sql.Texts(_keys.Select(each => each.TenantId)));
        }

        if (_reservations.Count > 0)
        {
            commands.Add(ReservationsSql, Sql.Numbers(_reservations.Select(each => each.Number)), Sql.Texts(_reservations.Select(each => each.TenantId)));
            commands.Add(LevelsOfReservationsSql, Sql.Numbers(_reservations.Select(each => each.Number)), Sql.Texts(_reservations.Select(each => each.TenantId)));
        }

        if (_reserving.Count > 0)
        {
            commands.Add(
                ReservingSql,
                Sql.Texts(_reserving.Select(each => each.Command.OrderRef)),
                Sql.OptionalTexts(_reserving.Select(each => each.Command.PaymentObjectId)),
                Sql.Texts(_reserving.Select(each => each.TenantId)));
        }
    }
}
