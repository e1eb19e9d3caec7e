using Google.Protobuf;
using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Server.Inventory;

/// <summary>The second round trip of a batch: everything that its decisions changed, each table in one statement, and COMMIT.</summary>
internal sealed partial class BatchWrite(BatchState state, string matrixVersion, DateTimeOffset now)
{
    private readonly List<(PendingCommand Command, StoredOutcome Outcome)> _outcomes = [];
    private readonly Dictionary<(string TenantId, PaymentEventId Id), EventRow> _newEvents = [];
    private readonly Dictionary<(string TenantId, PaymentEventId Id), EventRow> _resolvedEvents = [];
    private readonly List<(PendingCommand Command, PaymentEventId Id)> _extraDeliveries = [];

    public void Add(PendingCommand command, StoredOutcome outcome) => _outcomes.Add((command, outcome));

    public void Add(PendingCommand command, AppliedDecision applied)
    {
        if (applied.Decision.ExtraDelivery is { } id)
        {
            _extraDeliveries.Add((command, id));
        }

        foreach (var resolution in applied.Decision.EventResolutions)
        {
            var row = new EventRow(
                resolution,
                resolution.Moves ? applied.FirstSequence : 0,
                resolution.Moves && applied.FirstSequence > 0 ? applied.LastSequence : 0);
            var key = (command.TenantId, resolution.EventId);
            if (command is { Command: StockCommand.ApplyPaymentEvent apply, Request: { } request } && apply.Event.Id == resolution.EventId)
            {
                _newEvents.Add(key, row with
                {
                    Number = state.NextEventNumber(command.TenantId),
                    PaymentObjectId = apply.Event.PaymentObjectId,
                    Event = request.ToByteArray(),
                });
            }
            else if (_newEvents.TryGetValue(key, out var known))
            {
                // Held by an earlier command of this batch, decided by a later one.
                _newEvents[key] = row with { Number = known.Number, PaymentObjectId = known.PaymentObjectId, Event = known.Event };
            }
            else
            {
                _resolvedEvents[key] = row;
            }
        }
    }

    /// <summary>Sends it all. When this throws after it was sent, whether it was committed is not known.</summary>
    public async Task CommitAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var commands = new NpgsqlBatch(connection);
        AddJournal(commands);
        AddReservations(commands);
        AddPayments(commands);
        AddEvents(commands);
        AddOutcomes(commands);
        if (commands.BatchCommands.Count > 0)
        {
            AddHeads(commands);
        }

        commands.BatchCommands.Add(new NpgsqlBatchCommand(CommitSql));
        await commands.ExecuteNonQueryAsync(cancellationToken);
    }

    private void AddJournal(NpgsqlBatch commands)
    {
        List<(string TenantId, Movement Row)> movements = [.. state.Tenants.SelectMany(tenant => tenant.Movements.Select(row => (tenant.TenantId, row)))];
        if (movements.Count == 0)
        {
            return;
        }

        commands.Add(
            MovementsSql,
            Sql.Numbers(movements.Select(each => each.Row.Sequence)),
            Sql.Texts(movements.Select(each => each.TenantId)),
            Sql.Texts(movements.Select(each => each.Row.Key.Sku)),
            Sql.Texts(movements.Select(each => each.Row.Key.LocationId)),
            Sql.SmallNumbers(movements.Select(each => (short)each.Row.From)),
            Sql.SmallNumbers(movements.Select(each => (short)each.Row.To)),
            Sql.Numbers(movements.Select(each => each.Row.Quantity)),
            Sql.Numbers(movements.Select(each => each.Row.LevelVersion)),
            Sql.Numbers(movements.Select(each => each.Row.AvailableAfter)),
            Sql.SmallNumbers(movements.Select(each => (short)each.Row.Operation)),
            Sql.OptionalTexts(movements.Select(each => each.Row.OrderRef)),
            Sql.OptionalNumbers(movements.Select(each => each.Row.ReservationNumber)),
            Sql.OptionalTexts(movements.Select(each => each.Row.DocumentRef)),
            Sql.SmallNumbers(movements.Select(each => (short)each.Row.Reason)),
            Sql.Texts(movements.Select(each => each.Row.IdempotencyKey)),
            Sql.Times(movements.Select(each => each.Row.RecordedAt)),
            Sql.Bytes(movements.Select(each => each.Row.Hash)));

        List<(string TenantId, StockLevel Row)> levels = [.. state.Tenants.SelectMany(tenant => tenant.ChangedLevels.Select(row => (tenant.TenantId, row)))];
        commands.Add(
            LevelsSql,
            Sql.Texts(levels.Select(each => each.Row.Key.Sku)),
            Sql.Texts(levels.Select(each => each.Row.Key.LocationId)),
            Sql.Texts(levels.Select(each => each.TenantId)),
            Sql.Numbers(levels.Select(each => each.Row.Available)),
            Sql.Numbers(levels.Select(each => each.Row.Reserved)),
            Sql.Numbers(levels.Select(each => each.Row.Committed)),
            Sql.Numbers(levels.Select(each => each.Row.Inspection)),
            Sql.Numbers(levels.Select(each => each.Row.Damaged)),
            Sql.Numbers(levels.Select(each => each.Row.InTransit)),
            Sql.Numbers(levels.Select(each => each.Row.Shortfall)),
            Sql.Numbers(levels.Select(each => each.Row.Version)),
            Sql.Numbers(levels.Select(each => each.Row.Sequence)));
    }

    private void AddReservations(NpgsqlBatch commands)
    {
        List<(string TenantId, Reservation Row)> reservations =
            [.. state.Tenants.SelectMany(tenant => tenant.ChangedReservations.Select(row => (tenant.TenantId, row)))];
        if (reservations.Count == 0)
        {
            return;
        }

        commands.Add(
            ReservationsSql,
            Sql.Numbers(reservations.Select(each => each.Row.Number)),
            Sql.Texts(reservations.Select(each => each.TenantId)),
            Sql.Texts(reservations.Select(each => each.Row.OrderRef)),
            Sql.OptionalTexts(reservations.Select(each => each.Row.PaymentObjectId)),
            Sql.OptionalTexts(reservations.Select(each => each.Row.Channel)),
            Sql.SmallNumbers(reservations.Select(each => (short)each.Row.Origin)),
            Sql.SmallNumbers(reservations.Select(each => (short)each.Row.State)),
            Sql.Jsons(reservations.Select(each => StoredJson.Write(each.Row.Lines))),
            Sql.Times(reservations.Select(each => each.Row.CreatedAt)),
            Sql.Times(reservations.Select(each => each.Row.ExpireAt)),
            Sql.OptionalTimes(reservations.Select(each => each.Row.ClosedAt)));
    }

    private void AddPayments(NpgsqlBatch commands)
    {
        List<(string TenantId, Payment Row)> payments =
            [.. state.Tenants.SelectMany(tenant => tenant.ChangedPayments.Select(row => (tenant.TenantId, row)))];
        if (payments.Count == 0)
        {
            return;
        }

        commands.Add(
            PaymentsSql,
            Sql.Texts(payments.Select(each => each.Row.Id.ObjectId)),
            Sql.Texts(payments.Select(each => each.Row.Id.Account)),
            Sql.Texts(payments.Select(each => each.Row.Id.Provider)),
            Sql.Texts(payments.Select(each => each.TenantId)),
            Sql.OptionalTexts(payments.Select(each => each.Row.OrderRef)),
            Sql.Jsons(payments.Select(each => StoredJson.WriteFacts(each.Row))),
            Sql.Jsons(payments.Select(each => StoredJson.WriteWaiting(each.Row))),
            Sql.Jsons(payments.Select(each => StoredJson.WriteNamed(each.Row))),
            Sql.Jsons(payments.Select(each => StoredJson.WriteKnownLines(each.Row))));
    }

    private void AddEvents(NpgsqlBatch commands)
    {
        if (_newEvents.Count > 0)
        {
            List<KeyValuePair<(string TenantId, PaymentEventId Id), EventRow>> rows = [.. _newEvents];
            commands.Add(
                NewEventsSql,
                Sql.Texts(rows.Select(each => each.Key.Id.EventId)),
                Sql.Texts(rows.Select(each => each.Key.Id.Account)),
                Sql.Texts(rows.Select(each => each.Key.Id.Provider)),
                Sql.Texts(rows.Select(each => each.Key.TenantId)),
                Sql.Numbers(rows.Select(each => each.Value.Number)),
                Sql.OptionalTexts(rows.Select(each => each.Value.PaymentObjectId)),
                Sql.OptionalTexts(rows.Select(each => each.Value.Resolution.OrderRef)),
                Sql.Bytes(rows.Select(each => each.Value.Event)),
                Sql.SmallNumbers(rows.Select(each => (short)each.Value.Resolution.Kind)),
                Sql.Texts(rows.Select(each => each.Value.Resolution.Reason)),
                Sql.Texts(rows.Select(each => string.Join(',', each.Value.Resolution.MissingFields))),
                Sql.Numbers(rows.Select(each => each.Value.FirstSequence)),
                Sql.Numbers(rows.Select(each => each.Value.LastSequence)),
                Sql.Text(matrixVersion),
                Sql.Time(now));
        }

        if (_resolvedEvents.Count > 0)
        {
            List<KeyValuePair<(string TenantId, PaymentEventId Id), EventRow>> rows = [.. _resolvedEvents];
            commands.Add(
                ResolvedEventsSql,
                Sql.Texts(rows.Select(each => each.Key.Id.EventId)),
                Sql.Texts(rows.Select(each => each.Key.Id.Account)),
                Sql.Texts(rows.Select(each => each.Key.Id.Provider)),
                Sql.Texts(rows.Select(each => each.Key.TenantId)),
                Sql.OptionalTexts(rows.Select(each => each.Value.Resolution.OrderRef)),
                Sql.SmallNumbers(rows.Select(each => (short)each.Value.Resolution.Kind)),
                Sql.Texts(rows.Select(each => each.Value.Resolution.Reason)),
                Sql.Texts(rows.Select(each => string.Join(',', each.Value.Resolution.MissingFields))),
                Sql.Numbers(rows.Select(each => each.Value.FirstSequence)),
                Sql.Numbers(rows.Select(each => each.Value.LastSequence)),
                Sql.Text(matrixVersion),
                Sql.Time(now));
        }

        if (_extraDeliveries.Count > 0)
        {
            commands.Add(
                DeliveriesSql,
                Sql.Texts(_extraDeliveries.Select(each => each.Id.EventId)),
                Sql.Texts(_extraDeliveries.Select(each => each.Id.Account)),
                Sql.Texts(_extraDeliveries.Select(each => each.Id.Provider)),
                Sql.Texts(_extraDeliveries.Select(each => each.Command.TenantId)),
                Sql.Texts(_extraDeliveries.Select(each => each.Command.IdempotencyKey)),
                Sql.Time(now));
        }
    }

    private void AddOutcomes(NpgsqlBatch commands)
    {
        if (_outcomes.Count > 0)
        {
            commands.Add(
                OutcomesSql,
                Sql.Texts(_outcomes.Select(each => each.Command.IdempotencyKey)),
                Sql.Texts(_outcomes.Select(each => each.Command.TenantId)),
                Sql.Bytes(_outcomes.Select(each => each.Outcome.Fingerprint)),
                Sql.SmallNumbers(_outcomes.Select(each => each.Outcome.AnswerKind)),
                Sql.Bytes(_outcomes.Select(each => each.Outcome.Answer)),
                Sql.Time(now));
        }
    }

    private void AddHeads(NpgsqlBatch commands)
    {
        List<TenantState> tenants = [.. state.Tenants];
        commands.Add(
            HeadsSql,
            Sql.Texts(tenants.Select(tenant => tenant.TenantId)),
            Sql.Numbers(tenants.Select(tenant => tenant.LastSequence)),
            Sql.Bytes(tenants.Select(tenant => tenant.LastHash)),
            Sql.Numbers(tenants.Select(tenant => state.LastEventNumber(tenant.TenantId))));
    }

    private sealed record EventRow(EventResolution Resolution, long FirstSequence, long LastSequence)
    {
        public long Number { get; init; }

        public string? PaymentObjectId { get; init; }

        public byte[] Event { get; init; } = [];
    }
}
