using System.Globalization;
using Npgsql;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Payments;

/// <summary>
/// Reads what happened to an order in order of time. The journal has no index by order, whose upkeep every movement would pay for;
/// so a page looks through a stretch of it, and has the events of the time that the stretch covers.
/// </summary>
internal sealed partial class OrderTrace(NpgsqlDataSource reads, string tenantId, string orderRef)
{
    private const int MaximumEvents = 1_000;
    private const int MaximumPayments = 100;
    private const long MaximumScan = 20_000;

    /// <summary>Where a page begins: after a sequence and a time.</summary>
    internal readonly record struct Place(long Sequence, DateTimeOffset Time)
    {
        public static Place? Parse(string token)
        {
            var parts = token.Split(':');
            return parts.Length == 2
                && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
                && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
                && ticks <= DateTimeOffset.MaxValue.Ticks
                    ? new Place(sequence, new DateTimeOffset(ticks, TimeSpan.Zero))
                    : null;
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Sequence}:{Time.UtcTicks}");
    }

    /// <param name="from">Null for the first page.</param>
    public async Task<TraceOrderResponse> ReadAsync(Place? from, CancellationToken cancellationToken)
    {
        var (head, begin) = await BeginAsync(cancellationToken);
        var after = from?.Sequence ?? begin - 1;
        var since = from?.Time ?? DateTimeOffset.MinValue;
        var isLast = after + MaximumScan >= head;
        var entries = new List<OrderTraceEntry>();
        var until = await MovementsAsync(after, entries, cancellationToken);
        until = isLast ? DateTimeOffset.MaxValue : until > since ? until : since;

        var events = await EventsAsync(cancellationToken);
        entries.AddRange(events.SelectMany(Entries).Where(entry => entry.EntryTime.ToDateTimeOffset() > since && entry.EntryTime.ToDateTimeOffset() <= until));
        var response = new TraceOrderResponse { NextPageToken = isLast ? "" : new Place(after + MaximumScan, until).ToString() };
        if (from is null)
        {
            response.Payments.AddRange(await PaymentsAsync(events, cancellationToken));
        }

        response.Entries.AddRange(entries
            .OrderBy(entry => entry.EntryTime.ToDateTimeOffset())
            .ThenBy(entry => (int)entry.EntryCase)
            .ThenBy(entry => entry.Movement?.Sequence ?? 0));
        return response;
    }

    private static IEnumerable<OrderTraceEntry> Entries(RecordedEvent recorded)
    {
        var (message, latest) = (recorded.Message, recorded.Decision);
        return
        [
            new OrderTraceEntry { EntryTime = message.ReceiveTime, Event = message.Event },
            .. message.EarlierDecisions.Append(latest).Select(decision => new OrderTraceEntry { EntryTime = decision.DecideTime, Decision = decision }),
            .. message.ExtraDeliveries.Select(delivery => new OrderTraceEntry
            {
                EntryTime = delivery.ReceiveTime,
                Delivery = new RepeatedDelivery
                {
                    Provider = latest.Provider,
                    Account = latest.Account,
                    ProviderEventId = latest.ProviderEventId,
                    IdempotencyKey = delivery.IdempotencyKey,
                },
            }),
        ];
    }

    /// <summary>The head of the journal, and the first sequence to look at.</summary>
    private async Task<(long Head, long Begin)> BeginAsync(CancellationToken cancellationToken)
    {
        await using var command = Command(BeginSql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return (0, 1);
        }

        var head = reader.GetInt64(0);
        return (head, reader.IsDBNull(1) ? head + 1 : reader.GetInt64(1));
    }

    /// <summary>Adds the movements, and answers the time up to which the stretch goes.</summary>
    private async Task<DateTimeOffset> MovementsAsync(long after, List<OrderTraceEntry> entries, CancellationToken cancellationToken)
    {
        await using var command = Command(MovementsSql, after, MaximumScan);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var until = DateTimeOffset.MinValue;
        while (await reader.ReadAsync(cancellationToken))
        {
            until = reader.IsDBNull(0) ? until : reader.GetFieldValue<DateTimeOffset>(0);
            if (!reader.IsDBNull(1))
            {
                var movement = StockMessages.Movement(MovementRow.Read(reader, 1));
                entries.Add(new OrderTraceEntry { EntryTime = movement.RecordTime, Movement = movement });
            }
        }

        return until;
    }

    private async Task<IReadOnlyList<RecordedEvent>> EventsAsync(CancellationToken cancellationToken)
    {
        var events = await RecordedEventReads.ReadAsync(Command(EventsSql, MaximumEvents), cancellationToken);
        await new RecordedEventReads(reads, tenantId).CompleteAsync([.. events.Select(each => each.Message)], withMovements: false, cancellationToken);
        return events;
    }

    private async Task<IReadOnlyList<Payment>> PaymentsAsync(IReadOnlyList<RecordedEvent> events, CancellationToken cancellationToken)
    {
        List<Payment> payments = [];
        await using var command = Command(PaymentsSql, MaximumPayments);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            payments.Add(PaymentRow.Read(reader, events));
        }

        return payments;
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<long> numbers)
    {
        var command = reads.CreateCommand(sql);
        command.Parameters.Add(Sql.Text(tenantId));
        command.Parameters.Add(Sql.Text(orderRef));
        foreach (var number in numbers)
        {
            command.Parameters.Add(Sql.Number(number));
        }

        return command;
    }
}
