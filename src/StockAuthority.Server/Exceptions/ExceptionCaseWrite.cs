using Google.Protobuf;
using Npgsql;
using StockAuthority.Core.Exceptions;
using StockAuthority.Core.Inventory;
using StockAuthority.Operations.V1;
using StockAuthority.Payments.V1;
using StockAuthority.Server.Infrastructure;
using StockAuthority.Server.Inventory;
using ExceptionKind = StockAuthority.Core.Exceptions.ExceptionKind;

namespace StockAuthority.Server.Exceptions;

/// <summary>
/// The part of a batch's write that opens and closes cases, in the transaction of the decisions that found and mended their causes.
/// Adds no statement where there are none.
/// </summary>
internal sealed partial class ExceptionCaseWrite(ExceptionOptions options)
{
    private const int MaximumLevels = 200;

    private readonly List<RaisedRow> _raised = [];
    private readonly Dictionary<(string TenantId, string Cause), RaisedRow> _open = [];
    private readonly Dictionary<(string TenantId, string Cause), Origin> _mended = [];

    public void Add(PendingCommand command, BatchTenant tenant, AppliedDecision applied, DateTimeOffset now)
    {
        var decision = applied.Decision;
        if (decision.Raised.IsEmpty && decision.Mended.IsEmpty)
        {
            return;
        }

        var origin = Origin.Of(command);
        foreach (var cause in decision.Mended)
        {
            var key = (command.TenantId, cause.Key);
            if (_open.Remove(key, out var row))
            {
                if (row.Exception.IsNew)
                {
                    row.MendedBy = origin;
                }
                else
                {
                    // It would only have brought the open case up to date.
                    _raised.Remove(row);
                }
            }

            _mended.TryAdd(key, origin);
        }

        foreach (var raised in decision.Raised)
        {
            var key = (command.TenantId, raised.Cause.Key);
            var row = Row(command, tenant.State, raised, origin, now);
            if (_open.Remove(key, out var earlier))
            {
                _raised.Remove(earlier);
                row = row with { CaseId = earlier.CaseId, Occurrences = earlier.Occurrences + 1, OpenedBy = earlier.OpenedBy, Exception = raised with { IsNew = earlier.Exception.IsNew } };
            }

            _open[key] = row;
            _raised.Add(row);
        }
    }

    public void AddTo(NpgsqlBatch commands, DateTimeOffset now)
    {
        if (_mended.Count > 0)
        {
            commands.Add(
                MendedSql,
                Sql.Texts(_mended, static each => each.Key.Cause),
                Sql.Texts(_mended, static each => each.Key.TenantId),
                Sql.OptionalTexts(_mended, static each => each.Value.IdempotencyKey),
                Sql.OptionalTexts(_mended, static each => each.Value.EventId),
                Sql.Time(now));
        }

        if (_raised.Count > 0)
        {
            commands.Add(
                RaisedSql,
                Sql.Texts(_raised, static each => each.CaseId),
                Sql.Texts(_raised, static each => each.TenantId),
                Sql.Texts(_raised, static each => each.Exception.Cause.Key),
                Sql.SmallNumbers(_raised, static each => (short)each.Exception.Cause.Kind),
                Sql.Texts(_raised, static each => each.Exception.Reason),
                Sql.Texts(_raised, static each => each.Exception.OwnerLane),
                Sql.Texts(_raised, static each => each.Exception.Path),
                Sql.Times(_raised, static each => each.DueAt),
                Sql.OptionalTexts(_raised, static each => each.Channel),
                Sql.OptionalTexts(_raised, static each => each.Exception.OrderRef),
                Sql.Texts(_raised, static each => string.Join(',', each.Reservations)),
                Sql.OptionalTexts(_raised, static each => each.Exception.Payment?.Provider ?? each.Exception.Event?.Provider),
                Sql.OptionalTexts(_raised, static each => each.Exception.Payment?.Account ?? each.Exception.Event?.Account),
                Sql.OptionalTexts(_raised, static each => each.Exception.Payment?.ObjectId),
                Sql.OptionalTexts(_raised, static each => each.Exception.Event?.EventId),
                Sql.OptionalTexts(_raised, static each => each.DisputeId),
                Sql.OptionalTexts(_raised, static each => each.Exception.StockKey?.Sku),
                Sql.OptionalTexts(_raised, static each => each.Exception.StockKey?.LocationId),
                Sql.Texts(_raised, static each => string.Join(',', each.Exception.MissingFields)),
                Sql.Bytes(_raised, static each => each.Snapshot),
                Sql.Numbers(_raised, static each => each.Occurrences),
                Sql.OptionalTexts(_raised, static each => each.OpenedBy.IdempotencyKey),
                Sql.OptionalTexts(_raised, static each => each.OpenedBy.EventId),
                Sql.Flags(_raised, static each => each.MendedBy is not null),
                Sql.OptionalTexts(_raised, static each => each.MendedBy?.IdempotencyKey),
                Sql.OptionalTexts(_raised, static each => each.MendedBy?.EventId),
                Sql.Time(now));
        }
    }

    private RaisedRow Row(PendingCommand command, TenantState state, RaisedException raised, Origin origin, DateTimeOffset now)
    {
        Reservation[] reservations = raised.OrderRef is { } orderRef ? [.. state.ReservationsOfOrder(orderRef)] : [];
        var dispute = command.Request is ApplyPaymentEventRequest { Event: { } message } && raised.Event?.EventId == message.ProviderEventId ? message : null;
        return new RaisedRow(command.TenantId, raised, origin)
        {
            Channel = reservations.LastOrDefault(reservation => reservation.Channel is not null)?.Channel,
            Reservations = raised.ReservationsAtRisk.IsEmpty
                ? [.. reservations.Select(reservation => reservation.Number).TakeLast(ReservationsAtRisk.Most)]
                : [.. raised.ReservationsAtRisk],
            DisputeId = raised.DisputeId is null ? null : dispute is { CaseId.Length: > 0 } ? dispute.CaseId : raised.DisputeId,
            DueAt = (raised.Cause.Kind == ExceptionKind.Chargeback ? dispute?.RespondByTime?.ToDateTimeOffset() : null) ?? now + options.DeadlineOf(raised.Cause.Kind),
            Snapshot = new ExceptionDetails { StockSnapshot = { Levels(state, raised, reservations).Select(StockMessages.Level) } }.ToByteArray(),
        };
    }

    /// <summary>The levels that the case is about, as they are after the decision.</summary>
    private static IEnumerable<StockLevel> Levels(TenantState state, RaisedException raised, Reservation[] reservations)
    {
        var keys = raised.StockKey is { } only
            ? [only]
            : reservations.SelectMany(reservation => reservation.Lines).Select(line => line.Key)
                .Concat(PaymentsOf(state, raised)
                    .SelectMany(payment => payment.Facts).SelectMany(fact => fact.Lines).Select(line => line.Key))
                .Distinct();
        return keys.Take(MaximumLevels).Select(state.Level);
    }

    private static IEnumerable<Core.Payments.Payment> PaymentsOf(TenantState state, RaisedException raised) =>
    [
        .. raised.Payment is { } id && state.Payment(id) is { } payment ? [payment] : Enumerable.Empty<Core.Payments.Payment>(),
        .. raised.OrderRef is { } orderRef ? state.PaymentsOfOrder(orderRef) : [],
    ];

    /// <summary>What opened or mended a case.</summary>
    private sealed record Origin(string? IdempotencyKey, string? EventId)
    {
        /// <summary>Our own sweeps' keys say nothing to anybody.</summary>
        public static Origin Of(PendingCommand command) => new(
            command.IdempotencyKey is ['\u001f', ..] ? null : command.IdempotencyKey,
            command.Command is StockCommand.ApplyPaymentEvent apply ? apply.Event.Id.EventId : null);
    }

    private sealed record RaisedRow(string TenantId, RaisedException Exception, Origin OpenedBy)
    {
        /// <summary>Sorts by time and needs nobody's agreement.</summary>
        public string CaseId { get; init; } = ExceptionIds.New();

        public long Occurrences { get; init; } = 1;

        public required string? Channel { get; init; }

        public required IReadOnlyList<long> Reservations { get; init; }

        public required string? DisputeId { get; init; }

        public required DateTimeOffset DueAt { get; init; }

        public required byte[] Snapshot { get; init; }

        /// <summary>Mended by a later command of the same batch.</summary>
        public Origin? MendedBy { get; set; }
    }
}
