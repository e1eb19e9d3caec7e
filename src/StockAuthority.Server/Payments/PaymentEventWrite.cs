using Google.Protobuf;
using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Payments;

/// <summary>The part of a batch's write that records payment events, their decisions and their repeated deliveries.</summary>
internal sealed partial class PaymentEventWrite
{
    private readonly Dictionary<(string TenantId, PaymentEventId Id), EventRow> _newEvents = [];
    private readonly Dictionary<(string TenantId, PaymentEventId Id), EventRow> _resolvedEvents = [];
    private readonly List<(PendingCommand Command, PaymentEventId Id)> _extraDeliveries = [];

    private readonly List<(string TenantId, LedgerIntent Intent, long Sequence)> _intents = [];

    public bool HasExtraDeliveries => _extraDeliveries.Count > 0;

    public void Add(PendingCommand command, BatchTenant tenant, AppliedDecision applied)
    {
        if (applied.Decision.ExtraDelivery is { } id)
        {
            _extraDeliveries.Add((command, id));
        }

        _intents.AddRange(applied.Decision.LedgerIntents.Select(intent => (command.TenantId, intent, tenant.State.LastSequence)));
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
                    Number = ++tenant.LastEventNumber,
                    PaymentObjectId = apply.Event.PaymentObjectId,
                    Event = request.ToByteArray(),
                    ReceivedAt = apply.ReceivedAt,
                });
            }
            else if (_newEvents.TryGetValue(key, out var known))
            {
                // Judged by an earlier command of this batch, and again by a later one.
                _newEvents[key] = row with { Number = known.Number, PaymentObjectId = known.PaymentObjectId, Event = known.Event, ReceivedAt = known.ReceivedAt, Earlier = [.. known.Earlier, known] };
            }
            else
            {
                _resolvedEvents[key] = _resolvedEvents.TryGetValue(key, out known) ? row with { Earlier = [.. known.Earlier, known] } : row;
            }
        }
    }

    public void AddTo(NpgsqlBatch commands, string matrixVersion, DateTimeOffset now)
    {
        if (_newEvents.Count > 0)
        {
            List<KeyValuePair<(string TenantId, PaymentEventId Id), EventRow>> rows = [.. _newEvents];
            commands.Add(
                NewEventsSql,
                Sql.Texts(rows, static each => each.Key.Id.EventId),
                Sql.Texts(rows, static each => each.Key.Id.Account),
                Sql.Texts(rows, static each => each.Key.Id.Provider),
                Sql.Texts(rows, static each => each.Key.TenantId),
                Sql.Numbers(rows, static each => each.Value.Number),
                Sql.OptionalTexts(rows, static each => each.Value.PaymentObjectId),
                Sql.OptionalTexts(rows, static each => each.Value.Resolution.OrderRef),
                Sql.Bytes(rows, static each => each.Value.Event),
                Sql.SmallNumbers(rows, static each => (short)each.Value.Resolution.Kind),
                Sql.Texts(rows, static each => each.Value.Resolution.Reason),
                Sql.Texts(rows, static each => string.Join(',', each.Value.Resolution.MissingFields)),
                Sql.Numbers(rows, static each => each.Value.FirstSequence),
                Sql.Numbers(rows, static each => each.Value.LastSequence),
                Sql.OptionalBytes(rows, static each => each.Value.Before),
                Sql.OptionalBytes(rows, static each => each.Value.After),
                Sql.Numbers(rows, static each => each.Value.Earlier.Count + 1L),
                Sql.Text(matrixVersion),
                Sql.Time(now),
                Sql.OptionalTimes(rows, static each => each.Value.ReceivedAt));
        }

        if (_resolvedEvents.Count > 0)
        {
            AddDecisions(ResolvedEventsSql, [.. _resolvedEvents.Select(each => (each.Key, each.Value, each.Value.Earlier.Count + 1L))]);
        }

        List<((string TenantId, PaymentEventId Id) Key, EventRow Row, long BeforeLast)> superseded =
        [
            .. _newEvents.Concat(_resolvedEvents).SelectMany(each =>
                each.Value.Earlier.Select((row, index) => (each.Key, row, (long)(each.Value.Earlier.Count - index)))),
        ];
        if (superseded.Count > 0)
        {
            AddDecisions(SupersededSql, superseded);
        }

        if (_intents.Count > 0)
        {
            commands.Add(
                PostingIntentsSql,
                Sql.Texts(_intents, static each => each.TenantId),
                Sql.SmallNumbers(_intents, static each => (short)each.Intent.Action),
                Sql.OptionalTexts(_intents, static each => each.Intent.OrderRef),
                Sql.Texts(_intents, static each => each.Intent.PaymentId.Provider),
                Sql.Texts(_intents, static each => each.Intent.PaymentId.Account),
                Sql.Texts(_intents, static each => each.Intent.PaymentId.ObjectId),
                Sql.Texts(_intents, static each => each.Intent.ModificationRef),
                Sql.Texts(_intents, static each => each.Intent.EventId.EventId),
                Sql.OptionalTexts(_intents, static each => each.Intent.Amount?.Currency),
                Sql.OptionalNumbers(_intents, static each => each.Intent.Amount?.MinorUnits),
                Sql.Times(_intents, static each => each.Intent.OccurredAt),
                Sql.Numbers(_intents, static each => each.Sequence),
                Sql.Time(now));
        }

        if (_extraDeliveries.Count > 0)
        {
            commands.Add(
                DeliveriesSql,
                Sql.Texts(_extraDeliveries, static each => each.Id.EventId),
                Sql.Texts(_extraDeliveries, static each => each.Id.Account),
                Sql.Texts(_extraDeliveries, static each => each.Id.Provider),
                Sql.Texts(_extraDeliveries, static each => each.Command.TenantId),
                Sql.Texts(_extraDeliveries, static each => each.Command.IdempotencyKey),
                Sql.OptionalTimes(_extraDeliveries, static each => (each.Command.Command as StockCommand.ApplyPaymentEvent)?.ReceivedAt),
                Sql.Time(now));
        }

        void AddDecisions(string sql, List<((string TenantId, PaymentEventId Id) Key, EventRow Row, long Count)> rows) =>
            commands.Add(
                sql,
                Sql.Texts(rows, static each => each.Key.Id.EventId),
                Sql.Texts(rows, static each => each.Key.Id.Account),
                Sql.Texts(rows, static each => each.Key.Id.Provider),
                Sql.Texts(rows, static each => each.Key.TenantId),
                Sql.OptionalTexts(rows, static each => each.Row.Resolution.OrderRef),
                Sql.SmallNumbers(rows, static each => (short)each.Row.Resolution.Kind),
                Sql.Texts(rows, static each => each.Row.Resolution.Reason),
                Sql.Texts(rows, static each => string.Join(',', each.Row.Resolution.MissingFields)),
                Sql.Numbers(rows, static each => each.Row.FirstSequence),
                Sql.Numbers(rows, static each => each.Row.LastSequence),
                Sql.OptionalBytes(rows, static each => each.Row.Before),
                Sql.OptionalBytes(rows, static each => each.Row.After),
                Sql.Numbers(rows, static each => each.Count),
                Sql.Text(matrixVersion),
                Sql.Time(now));
    }

    private sealed record EventRow(EventResolution Resolution, long FirstSequence, long LastSequence)
    {
        public long Number { get; init; }

        public string? PaymentObjectId { get; init; }

        public byte[] Event { get; init; } = [];

        public DateTimeOffset? ReceivedAt { get; init; }

        /// <summary>Its decisions before this one in the same batch, the first first.</summary>
        public IReadOnlyList<EventRow> Earlier { get; init; } = [];

        public byte[]? Before => PaymentMessages.State(Resolution.Before)?.ToByteArray();

        public byte[]? After => PaymentMessages.State(Resolution.After)?.ToByteArray();
    }
}
