using Google.Protobuf.WellKnownTypes;
using Npgsql;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Payments;

/// <summary>Reads recorded events, and for those of a page what belongs to them: earlier decisions, further deliveries, movements.</summary>
internal sealed partial class RecordedEventReads(NpgsqlDataSource reads, string tenantId)
{
    private const int MaximumDecisions = 100;
    private const int MaximumDeliveries = 20;
    private const int MaximumMovements = 200;

    /// <summary>Of payment_events e.</summary>
    public const string Columns =
        """
        e.provider, e.account, e.provider_event_id, e.event_number, e.event, e.received_at, e.order_ref, e.decision_number, e.resolution,
        e.reason, e.missing_fields, e.first_sequence, e.last_sequence, e.matrix_version, e.prior_state, e.resulting_state, e.resolved_at
        """;

    /// <summary>Runs a command that selects <see cref="Columns"/>.</summary>
    public static async Task<List<RecordedEvent>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command)
        {
            List<RecordedEvent> events = [];
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                events.Add(Read(reader));
            }

            return events;
        }
    }

    /// <summary>Adds what belongs to them.</summary>
    public async Task CompleteAsync(IReadOnlyList<RecordedPaymentEvent> events, bool withMovements, CancellationToken cancellationToken)
    {
        if (events.Count == 0)
        {
            return;
        }

        await ForEachAsync(DecisionsSql, Ids(events, MaximumDecisions), row =>
        {
            var recorded = events[(int)row.GetInt64(0) - 1];
            recorded.EarlierDecisions.Add(ReadDecision(row, 1, recorded.Event.Provider, recorded.Event.Account, recorded.Event.ProviderEventId));
        }, cancellationToken);
        await ForEachAsync(DeliveriesSql, Ids(events, MaximumDeliveries), row => AddDeliveries(events[(int)row.GetInt64(0) - 1], row), cancellationToken);
        if (!withMovements)
        {
            return;
        }

        List<(long Position, RecordedPaymentEvent Event)> moved = [.. events.Select((each, index) => ((long)index, each)).Where(each => each.each.FirstSequence > 0)];
        await ForEachAsync(
            MovementsSql,
            [
                Sql.Numbers(moved, static each => each.Position),
                Sql.Numbers(moved, static each => each.Event.FirstSequence),
                Sql.Numbers(moved, static each => each.Event.LastSequence),
                Sql.Text(tenantId),
                Sql.Number(MaximumMovements),
            ],
            row => events[(int)row.GetInt64(0)].Movements.Add(StockMessages.Movement(MovementRow.Read(row, 1))),
            cancellationToken);
    }

    private static RecordedEvent Read(NpgsqlDataReader row)
    {
        var request = ApplyPaymentEventRequest.Parser.ParseFrom(row.GetFieldValue<byte[]>(4));
        var decision = ReadDecision(row, 7, row.GetString(0), row.GetString(1), row.GetString(2));
        var message = new RecordedPaymentEvent
        {
            Event = request.Event,
            IdempotencyKey = request.IdempotencyKey,
            Resolution = decision.Resolution,
            Reason = decision.Reason,
            MissingFields = { decision.MissingFields },
            OrderRef = row.IsDBNull(6) ? "" : row.GetString(6),
            FirstSequence = decision.FirstSequence,
            LastSequence = decision.LastSequence,
            ReceiveTime = row.GetFieldValue<DateTimeOffset>(5).ToTimestamp(),
            ResolveTime = decision.DecideTime,
            MatrixVersion = decision.MatrixVersion,
            PriorState = decision.PriorState,
            ResultingState = decision.ResultingState,
        };
        return new RecordedEvent(row.GetInt64(3), message, decision);
    }

    private NpgsqlParameter[] Ids(IReadOnlyList<RecordedPaymentEvent> events, long limit) =>
    [
        Sql.Texts(events, static each => each.Event.ProviderEventId),
        Sql.Texts(events, static each => each.Event.Account),
        Sql.Texts(events, static each => each.Event.Provider),
        Sql.Text(tenantId),
        Sql.Number(limit),
    ];

    private async Task ForEachAsync(string sql, NpgsqlParameter[] parameters, Action<NpgsqlDataReader> read, CancellationToken cancellationToken)
    {
        await using var command = reads.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            read(reader);
        }
    }

    /// <summary>From the columns decision_number to resolved_at.</summary>
    private static PaymentEventDecision ReadDecision(NpgsqlDataReader row, int first, string provider, string account, string eventId) => new()
    {
        Provider = provider,
        Account = account,
        ProviderEventId = eventId,
        DecisionNumber = row.GetInt64(first),
        Resolution = (Resolution)row.GetInt16(first + 1),
        Reason = row.GetString(first + 2),
        MissingFields = { row.GetFieldValue<string[]>(first + 3) },
        FirstSequence = row.GetInt64(first + 4),
        LastSequence = row.GetInt64(first + 5),
        MatrixVersion = row.GetString(first + 6),
        PriorState = State(row, first + 7),
        ResultingState = State(row, first + 8),
        DecideTime = row.GetFieldValue<DateTimeOffset>(first + 9).ToTimestamp(),
    };

    private static OrderState? State(NpgsqlDataReader row, int ordinal) =>
        row.IsDBNull(ordinal) ? null : OrderState.Parser.ParseFrom(row.GetFieldValue<byte[]>(ordinal));

    private static void AddDeliveries(RecordedPaymentEvent recorded, NpgsqlDataReader row)
    {
        recorded.ExtraDeliveryCount = row.GetInt64(1);
        var keys = row.GetFieldValue<string[]>(2);
        var times = row.GetFieldValue<DateTime[]>(3);
        for (var index = 0; index < keys.Length; index++)
        {
            recorded.ExtraDeliveries.Add(new ExtraDelivery
            {
                IdempotencyKey = keys[index],
                ReceiveTime = Timestamp.FromDateTime(times[index]),
                Reason = Core.Payments.ResolutionReason.DuplicateDelivery,
            });
        }
    }
}

/// <param name="Number">Of the tenant's events.</param>
/// <param name="Decision">The present one, which the message has too, field by field.</param>
internal sealed record RecordedEvent(long Number, RecordedPaymentEvent Message, PaymentEventDecision Decision);
