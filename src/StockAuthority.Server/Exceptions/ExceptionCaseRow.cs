using Google.Protobuf.WellKnownTypes;
using Npgsql;
using StockAuthority.Core.Exceptions;
using StockAuthority.Operations.V1;
using StockAuthority.Server.Inventory;
using ExceptionKind = StockAuthority.Operations.V1.ExceptionKind;

namespace StockAuthority.Server.Exceptions;

/// <summary>Reads a case from <see cref="Columns"/>.</summary>
internal static class ExceptionCaseRow
{
    /// <summary>Of exception_cases c.</summary>
    public const string Columns =
        """
        c.case_id, c.kind, c.reason, c.status, c.version, c.occurrences, c.owner_lane, c.exception_path, c.assignee, c.opened_at, c.updated_at,
        c.due_at, c.resolved_at, c.disposition, c.channel, c.order_ref, c.reservation_numbers, c.provider, c.account, c.payment_object_id,
        c.provider_event_id, c.dispute_id, c.sku, c.location_id, c.reference, c.missing_fields, c.replay_requested_at
        """;

    public const int Count = 27;

    public static ExceptionCase Read(NpgsqlDataReader row, int first = 0) => new()
    {
        CaseId = row.GetString(first),
        Kind = (ExceptionKind)row.GetInt16(first + 1),
        Reason = row.GetString(first + 2),
        Status = (ExceptionStatus)row.GetInt16(first + 3),
        Version = row.GetInt64(first + 4),
        OccurrenceCount = row.GetInt64(first + 5),
        OwnerLane = row.GetString(first + 6),
        ExceptionPath = Text(row, first + 7),
        Assignee = Text(row, first + 8),
        OpenTime = Time(row, first + 9),
        UpdateTime = Time(row, first + 10),
        DueTime = Time(row, first + 11),
        ResolveTime = Time(row, first + 12),
        Disposition = row.IsDBNull(first + 13) ? ExceptionDisposition.Unspecified : (ExceptionDisposition)row.GetInt16(first + 13),
        Channel = Text(row, first + 14),
        OrderRef = Text(row, first + 15),
        ReservationIds = { row.GetFieldValue<long[]>(first + 16).Select(StockMessages.ReservationId) },
        Provider = Text(row, first + 17),
        Account = Text(row, first + 18),
        PaymentObjectId = Text(row, first + 19),
        ProviderEventId = Text(row, first + 20),
        DisputeId = Text(row, first + 21),
        Sku = Text(row, first + 22),
        LocationId = Text(row, first + 23),
        Reference = Text(row, first + 24),
        MissingFields = { row.GetFieldValue<string[]>(first + 25) },
        ReplayRequestTime = Time(row, first + 26),
        NextAction = NextActions.For((Core.Exceptions.ExceptionKind)row.GetInt16(first + 1), row.GetString(first + 2)),
    };

    private static string Text(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? "" : row.GetString(ordinal);

    private static Timestamp? Time(NpgsqlDataReader row, int ordinal) =>
        row.IsDBNull(ordinal) ? null : row.GetFieldValue<DateTimeOffset>(ordinal).ToTimestamp();
}
