using Npgsql;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// The first round trip of a batch whose state is not remembered: takes the tenants' locks and reads what its commands name,
/// with what belongs to the orders of its payment events. A second one follows only where an order is being reserved of which a
/// payment turns out to be known, see <see cref="PaymentContextRead"/>, or an expired reservation is committed, see <see cref="OrderContextRead"/>.
/// </summary>
internal static partial class BatchRead
{
    /// <summary>Begins the transaction with the locks of these commands' tenants, and nothing else: the wait for them is done once it returns.</summary>
    /// <returns>The tenants.</returns>
    public static async Task<IReadOnlySet<string>> LockAsync(NpgsqlConnection connection, IReadOnlyList<PendingCommand> commands, CancellationToken cancellationToken)
    {
        var tenants = commands.Select(static command => command.TenantId).ToHashSet(StringComparer.Ordinal);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(BeginSql));
        batch.Add(LockHeadsSql, Sql.Texts([.. tenants]));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return tenants;
    }

    /// <summary>Begins the transaction, unless the tenants are locked already. The connection holds the locks of all tenants of the batch when this returns.</summary>
    public static async Task<BatchState> ReadAsync(NpgsqlConnection connection, BatchNeeds needs, bool isLocked, CancellationToken cancellationToken)
    {
        var state = new BatchState();
        if (await ReadNamedAsync(connection, needs, isLocked, state, cancellationToken) && !PaymentContextRead.IsNeededBy(needs))
        {
            await PaymentContextRead.ReadAsync(connection, needs, state, cancellationToken);
        }

        await OrderContextRead.ReadAsync(connection, needs, state, cancellationToken);

        return state;
    }

    /// <summary>True where a payment is known of an order that is being reserved.</summary>
    private static async Task<bool> ReadNamedAsync(NpgsqlConnection connection, BatchNeeds needs, bool isLocked, BatchState state, CancellationToken cancellationToken)
    {
        await using var commands = new NpgsqlBatch(connection);
        Add(commands, needs, isLocked);
        await using var reader = await commands.ExecuteReaderAsync(cancellationToken);
        var results = new ResultReader(reader, cancellationToken);
        await results.EachAsync(state.LoadHead);
        if (needs.Recording.Count > 0)
        {
            await results.EachAsync(state.LoadOutcome);
        }

        if (needs.Keys.Count > 0)
        {
            await results.EachAsync(state.LoadLocation);
            await results.EachAsync(state.LoadLevel);
            LoadAbsentLevels(needs, state);
        }

        if (needs.Reservations.Count > 0)
        {
            await results.EachAsync(state.LoadReservation);
            await results.EachAsync(state.LoadLevel);
        }

        if (needs.Transfers.Count > 0)
        {
            await results.EachAsync(state.LoadTransfer);
        }

        if (needs.Returns.Count > 0)
        {
            await results.EachAsync(state.LoadReturn);
        }

        var hasPayments = false;
        if (needs.Reserving.Count > 0)
        {
            await results.EachAsync(row => hasPayments = row.GetBoolean(0));
        }

        if (PaymentContextRead.IsNeededBy(needs))
        {
            await PaymentContextRead.LoadAsync(results, state);
        }

        return hasPayments;
    }

    /// <summary>That there is none is known as well, and remembered.</summary>
    private static void LoadAbsentLevels(BatchNeeds needs, BatchState state)
    {
        foreach (var (tenantId, key) in needs.Keys)
        {
            if (state.Tenant(tenantId)?.State is { } tenant && tenant.HasLocation(key.LocationId))
            {
                tenant.Load(tenant.Level(key));
            }
        }
    }

    private static void Add(NpgsqlBatch commands, BatchNeeds needs, bool isLocked)
    {
        if (!isLocked)
        {
            commands.BatchCommands.Add(new NpgsqlBatchCommand(BeginSql));
        }

        // Also where they are locked: for the heads, and for the database's time after everything that has joined.
        commands.Add(LockHeadsSql, Sql.Texts(needs.Tenants));
        if (needs.Recording.Count > 0)
        {
            commands.Add(
                OutcomesSql,
                Sql.Texts(needs.Recording, static command => command.IdempotencyKey),
                Sql.Texts(needs.Recording, static command => command.TenantId));
        }

        if (needs.Keys.Count > 0)
        {
            List<(string TenantId, string LocationId)> locations = [.. needs.Keys.Select(each => (each.TenantId, each.Key.LocationId)).Distinct()];
            commands.Add(LocationsSql, Sql.Texts(locations, static each => each.LocationId), Sql.Texts(locations, static each => each.TenantId));
            commands.Add(
                LevelsSql,
                Sql.Texts(needs.Keys, static each => each.Key.Sku),
                Sql.Texts(needs.Keys, static each => each.Key.LocationId),
                Sql.Texts(needs.Keys, static each => each.TenantId));
        }

        if (needs.Reservations.Count > 0)
        {
            commands.Add(ReservationsSql, Sql.Numbers(needs.Reservations, static each => each.Number), Sql.Texts(needs.Reservations, static each => each.TenantId));
            commands.Add(LevelsOfReservationsSql, Sql.Numbers(needs.Reservations, static each => each.Number), Sql.Texts(needs.Reservations, static each => each.TenantId));
        }

        if (needs.Transfers.Count > 0)
        {
            commands.Add(TransfersSql, Sql.Texts(needs.Transfers, static each => each.TransferId), Sql.Texts(needs.Transfers, static each => each.TenantId));
        }

        if (needs.Returns.Count > 0)
        {
            commands.Add(
                ReturnsSql,
                Sql.Texts(needs.Returns, static each => each.DocumentRef),
                Sql.Texts(needs.Returns, static each => each.OrderRef),
                Sql.Texts(needs.Returns, static each => each.TenantId));
        }

        if (needs.Reserving.Count > 0)
        {
            commands.Add(
                ReservingSql,
                Sql.Texts(needs.Reserving, static each => each.Command.OrderRef),
                Sql.OptionalTexts(needs.Reserving, static each => each.Command.PaymentObjectId),
                Sql.Texts(needs.Reserving, static each => each.TenantId));
        }

        if (PaymentContextRead.IsNeededBy(needs))
        {
            PaymentContextRead.AddTo(commands, needs);
        }
    }
}
