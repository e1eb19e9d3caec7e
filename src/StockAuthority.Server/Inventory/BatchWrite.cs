using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using StockAuthority.Server.Exceptions;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Payments;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// The last round trip of a batch: everything that its decisions changed, set by set, and COMMIT. It advances the tenants'
/// heads from the version that the decisions knew, and fails as a whole where that is not theirs any more.
/// </summary>
internal sealed partial class BatchWrite(BatchState state, LedgerRules rules, DateTimeOffset now)
{
    /// <summary>What the expiry sweep submits at once is one row's.</summary>
    private const int ReservationsPerExpiry = ExpirySweep.PageSize;

    private readonly List<(PendingCommand Command, StoredOutcome Outcome)> _outcomes = [];
    private readonly PaymentEventWrite _events = new();
    private readonly ExceptionCaseWrite _cases = new(rules.Exceptions);
    private NpgsqlBatch? _commands;

    /// <summary>Whether there is anything to write, which then advances the tenants' heads.</summary>
    public bool HasWrites => _outcomes.Count > 0 || _events.HasExtraDeliveries || state.Tenants.Any(tenant => tenant.State.ChangedReservations.Any());

    public void Add(PendingCommand command, StoredOutcome outcome) => _outcomes.Add((command, outcome));

    public void Add(PendingCommand command, BatchTenant tenant, AppliedDecision applied)
    {
        _events.Add(command, tenant, applied);
        _cases.Add(command, tenant, applied, now);
    }

    /// <summary>Whether it failed because the state that it was decided from was not true any more. Nothing was done then.</summary>
    public static bool IsStale(PostgresException error) => (error.SqlState, error.ConstraintName)
        is (PostgresErrorCodes.CheckViolation, "tenants_head_version")
        or (PostgresErrorCodes.UniqueViolation, "outcomes_pk");

    /// <summary>Whether the journal has no partition for the batch's time. Nothing was done then.</summary>
    public static bool LacksPartition(PostgresException error) =>
        error is { SqlState: PostgresErrorCodes.CheckViolation, TableName: "movements", ConstraintName: null };

    /// <summary>Makes ready what is sent, of which a batch of hundreds is a millisecond's work. Nothing may be added from now on.</summary>
    /// <param name="unread">As of <see cref="CommitAsync"/>.</param>
    public void Seal(IReadOnlyList<(string TenantId, StockCommand.Reserve Command)>? unread) => _commands ??= Commands(unread);

    /// <summary>Sends it all. When this throws after it was sent, whether it was committed is not known.</summary>
    /// <param name="connection">Of the lane.</param>
    /// <param name="unread">Null under the tenants' locks. Else the write begins the transaction, and these Reserves must be for orders without payments.</param>
    /// <param name="cancellationToken">Of the lane.</param>
    public async Task CommitAsync(
        NpgsqlConnection connection,
        IReadOnlyList<(string TenantId, StockCommand.Reserve Command)>? unread,
        CancellationToken cancellationToken)
    {
        if (unread is not null && !HasWrites)
        {
            return;
        }

        Seal(unread);
        await using var commands = _commands!;
        commands.Connection = connection;
        await commands.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlBatch Commands(IReadOnlyList<(string TenantId, StockCommand.Reserve Command)>? unread)
    {
        var commands = new NpgsqlBatch();
        if (unread is not null)
        {
            commands.BatchCommands.Add(new NpgsqlBatchCommand(BeginSql));
        }

        if (HasWrites)
        {
            // Payments only come with events, so a tenant that never had any needs no look.
            AddHeads(commands, [.. (unread ?? []).Where(each => state.Tenant(each.TenantId) is { LastEventNumber: > 0 })]);
        }

        AddOutcomes(commands);
        AddJournal(commands);
        AddReservations(commands);
        AddExpiries(commands);
        AddTransfers(commands);
        AddReturns(commands);
        AddPayments(commands);
        _events.AddTo(commands, rules.Matrices.Sha256, now);
        _cases.AddTo(commands, now);
        commands.BatchCommands.Add(new NpgsqlBatchCommand(CommitSql));
        return commands;
    }

    private void AddJournal(NpgsqlBatch commands)
    {
        var movements = Rows(tenant => tenant.State.Movements);
        if (movements.Count == 0)
        {
            return;
        }

        commands.Add(
            MovementsSql,
            Sql.Numbers(movements, static each => each.Row.Sequence),
            Sql.Texts(movements, static each => each.TenantId),
            Sql.Texts(movements, static each => each.Row.Key.Sku),
            Sql.Texts(movements, static each => each.Row.Key.LocationId),
            Sql.SmallNumbers(movements, static each => (short)each.Row.From),
            Sql.SmallNumbers(movements, static each => (short)each.Row.To),
            Sql.Numbers(movements, static each => each.Row.Quantity),
            Sql.Numbers(movements, static each => each.Row.LevelVersion),
            Sql.Numbers(movements, static each => each.Row.AvailableAfter),
            Sql.SmallNumbers(movements, static each => (short)each.Row.Operation),
            Sql.OptionalTexts(movements, static each => each.Row.OrderRef),
            Sql.OptionalNumbers(movements, static each => each.Row.ReservationNumber),
            Sql.OptionalTexts(movements, static each => each.Row.DocumentRef),
            Sql.SmallNumbers(movements, static each => (short)each.Row.Reason),
            Sql.Texts(movements, static each => each.Row.IdempotencyKey),
            Sql.Times(movements, static each => each.Row.RecordedAt),
            Sql.Bytes(movements, static each => each.Row.Hash),
            Sql.OptionalTimes(movements, static each => each.Row.OccurredAt));

        AddLevels(commands, NewLevelsSql, Rows(tenant => tenant.State.ChangedLevels.Where(level => tenant.State.IsCreated(level.Key))));
        AddLevels(commands, ChangedLevelsSql, Rows(tenant => tenant.State.ChangedLevels.Where(level => !tenant.State.IsCreated(level.Key))));
    }

    private static void AddLevels(NpgsqlBatch commands, string sql, List<(string TenantId, StockLevel Row)> levels)
    {
        if (levels.Count == 0)
        {
            return;
        }

        commands.Add(
            sql,
            Sql.Texts(levels, static each => each.Row.Key.Sku),
            Sql.Texts(levels, static each => each.Row.Key.LocationId),
            Sql.Texts(levels, static each => each.TenantId),
            Sql.Numbers(levels, static each => each.Row.Available),
            Sql.Numbers(levels, static each => each.Row.Reserved),
            Sql.Numbers(levels, static each => each.Row.Committed),
            Sql.Numbers(levels, static each => each.Row.Inspection),
            Sql.Numbers(levels, static each => each.Row.Damaged),
            Sql.Numbers(levels, static each => each.Row.InTransit),
            Sql.Numbers(levels, static each => each.Row.Shortfall),
            Sql.Numbers(levels, static each => each.Row.Version),
            Sql.Numbers(levels, static each => each.Row.Sequence));
    }

    private void AddReservations(NpgsqlBatch commands)
    {
        // A reservation's number is the sequence at which it began.
        AddReservations(commands, NewReservationsSql, Rows(tenant => tenant.State.ChangedReservations.Where(each => each.Number > tenant.Head.LastSequence)));
        AddReservations(commands, ChangedReservationsSql, Rows(tenant => tenant.State.ChangedReservations.Where(each => each.Number <= tenant.Head.LastSequence)));
    }

    private static void AddReservations(NpgsqlBatch commands, string sql, List<(string TenantId, Reservation Row)> reservations)
    {
        if (reservations.Count == 0)
        {
            return;
        }

        commands.Add(
            sql,
            Sql.Numbers(reservations, static each => each.Row.Number),
            Sql.Texts(reservations, static each => each.TenantId),
            Sql.Texts(reservations, static each => each.Row.OrderRef),
            Sql.OptionalTexts(reservations, static each => each.Row.PaymentObjectId),
            Sql.OptionalTexts(reservations, static each => each.Row.Channel),
            Sql.SmallNumbers(reservations, static each => (short)each.Row.Origin),
            Sql.SmallNumbers(reservations, static each => (short)each.Row.State),
            Sql.Texts(reservations, static each => StoredJson.Write(each.Row.Lines)),
            Sql.Times(reservations, static each => each.Row.CreatedAt),
            Sql.Times(reservations, static each => each.Row.ExpireAt),
            Sql.OptionalTimes(reservations, static each => each.Row.ClosedAt));
    }

    private void AddExpiries(NpgsqlBatch commands)
    {
        List<(string TenantId, DateTimeOffset Time, string Numbers)> expiries =
        [
            .. from tenant in state.Tenants
               from reservations in tenant.State.ScheduledReservations.GroupBy(static each => each.ExpireAt)
               from page in reservations.Select(static each => each.Number).Order().Chunk(ReservationsPerExpiry)
               select (tenant.Head.TenantId, reservations.Key, string.Join(',', page)),
        ];
        if (expiries.Count > 0)
        {
            commands.Add(
                ExpiriesSql,
                Sql.Times(expiries, static each => each.Time),
                Sql.Texts(expiries, static each => each.TenantId),
                Sql.Texts(expiries, static each => each.Numbers));
        }
    }

    private void AddTransfers(NpgsqlBatch commands)
    {
        var transfers = Rows(tenant => tenant.State.ChangedTransfers);
        if (transfers.Count == 0)
        {
            return;
        }

        commands.Add(
            TransfersSql,
            Sql.Texts(transfers, static each => each.Row.Id),
            Sql.Texts(transfers, static each => each.TenantId),
            Sql.Texts(transfers, static each => each.Row.FromLocationId),
            Sql.Texts(transfers, static each => each.Row.ToLocationId),
            Sql.Texts(transfers, static each => StoredJson.Write(each.Row.Lines)),
            Sql.Times(transfers, static each => each.Row.DispatchedAt),
            Sql.OptionalTimes(transfers, static each => each.Row.ClosedAt));
    }

    private void AddReturns(NpgsqlBatch commands)
    {
        var returns = Rows(tenant => tenant.State.ChangedReturns);
        if (returns.Count == 0)
        {
            return;
        }

        commands.Add(
            ReturnsSql,
            Sql.Numbers(returns, static each => each.Row.Number),
            Sql.Texts(returns, static each => each.Row.DocumentRef),
            Sql.Texts(returns, static each => each.Row.OrderRef),
            Sql.Texts(returns, static each => each.TenantId),
            Sql.Texts(returns, static each => StoredJson.WriteLines(each.Row.Lines)),
            Sql.Flags(returns, static each => each.Row.ByCall),
            Sql.Flags(returns, static each => each.Row.ByEvent));
    }

    private void AddPayments(NpgsqlBatch commands)
    {
        AddPayments(commands, NewPaymentsSql, Rows(tenant => tenant.State.ChangedPayments.Where(payment => tenant.State.IsCreated(payment.Id))));
        AddPayments(commands, ChangedPaymentsSql, Rows(tenant => tenant.State.ChangedPayments.Where(payment => !tenant.State.IsCreated(payment.Id))));
    }

    private static void AddPayments(NpgsqlBatch commands, string sql, List<(string TenantId, Payment Row)> payments)
    {
        if (payments.Count == 0)
        {
            return;
        }

        commands.Add(
            sql,
            Sql.Texts(payments, static each => each.Row.Id.ObjectId),
            Sql.Texts(payments, static each => each.Row.Id.Account),
            Sql.Texts(payments, static each => each.Row.Id.Provider),
            Sql.Texts(payments, static each => each.TenantId),
            Sql.OptionalTexts(payments, static each => each.Row.OrderRef),
            Sql.OptionalTexts(payments, static each => StoredJson.WriteFacts(each.Row)),
            Sql.OptionalTexts(payments, static each => StoredJson.WriteWaiting(each.Row)),
            Sql.OptionalTexts(payments, static each => StoredJson.WriteNamed(each.Row)),
            Sql.OptionalTexts(payments, static each => StoredJson.WriteKnownLines(each.Row)));
    }

    private void AddOutcomes(NpgsqlBatch commands)
    {
        if (_outcomes.Count > 0)
        {
            commands.Add(
                OutcomesSql,
                Sql.Texts(_outcomes, static each => each.Command.IdempotencyKey),
                Sql.Texts(_outcomes, static each => each.Command.TenantId),
                Sql.Bytes(_outcomes, static each => each.Outcome.Fingerprint),
                Sql.SmallNumbers(_outcomes, static each => each.Outcome.AnswerKind),
                Sql.Bytes(_outcomes, static each => each.Outcome.Answer),
                Sql.Time(now));
        }
    }

    /// <summary>First of all, since whoever advances a head holds its lock from then on.</summary>
    private void AddHeads(NpgsqlBatch commands, List<(string TenantId, StockCommand.Reserve Command)> unread)
    {
        List<(TenantHead Read, TenantHead Advanced)> heads =
            [.. state.Tenants.Select(tenant => (tenant.Head, tenant.Advanced)).OrderBy(each => each.Head.TenantId, StringComparer.Ordinal)];
        List<(string TenantId, StockCommand.Reserve Command)> named = [.. unread.Where(each => each.Command.PaymentObjectId is not null)];
        commands.Add(
            HeadsSql,
            Sql.Texts(heads, static each => each.Read.TenantId),
            Sql.Numbers(heads, static each => each.Read.Version),
            Sql.Numbers(heads, static each => each.Advanced.LastSequence),
            Sql.Bytes(heads, static each => each.Advanced.LastHash),
            Sql.Numbers(heads, static each => each.Advanced.LastEventNumber),
            Sql.Times(heads, static each => each.Advanced.LastRecordedAt),
            Sql.Texts(unread, static each => each.Command.OrderRef),
            Sql.Texts(unread, static each => each.TenantId),
            Sql.Texts(named, static each => each.Command.PaymentObjectId!),
            Sql.Texts(named, static each => each.TenantId));
    }

    private List<(string TenantId, TRow Row)> Rows<TRow>(Func<BatchTenant, IEnumerable<TRow>> of)
    {
        List<(string TenantId, TRow Row)> rows = [];
        foreach (var tenant in state.Tenants)
        {
            foreach (var row in of(tenant))
            {
                rows.Add((tenant.Head.TenantId, row));
            }
        }

        return rows;
    }
}
