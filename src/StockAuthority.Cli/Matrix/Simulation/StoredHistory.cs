using System.Data;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using StockAuthority.Payments.V1;
using static StockAuthority.Cli.SqlValues;
using PaymentEventType = StockAuthority.Core.Payments.PaymentEventType;

namespace StockAuthority.Cli.Matrix.Simulation;

/// <summary>
/// Reads the payment events of a ledger, order by order. Each page is a short transaction that only reads, and finds its rows by
/// indexes that the server has anyway: this may be a database at work.
/// </summary>
internal sealed partial class StoredHistory(NpgsqlDataSource source)
{
    /// <summary>Of one order. More is left out, so that one order cannot take all memory.</summary>
    public const int MaximumEvents = 200;

    public const int MaximumReservations = 100;

    private const int MaximumReturnsOfDocument = 100;

    private const int EventsPerPage = 200;

    private static readonly JsonSerializerOptions StoredNames = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>How many events there are, and of how many tenants.</summary>
    public async Task<(long Events, long Tenants)> TotalAsync(string? tenantId, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(TotalSql);
        command.Parameters.Add(OptionalValue(tenantId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>Page after page: how many events it went over, and the orders that begin in it.</summary>
    public async IAsyncEnumerable<(int Events, IReadOnlyList<StoredOrder> Orders)> PagesAsync(
        string? tenantId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var place = new EventRow(0, "", null, null, IsFirst: false);
        while (true)
        {
            var (rows, orders) = await PageAsync(place, tenantId, cancellationToken);
            if (rows.Count == 0)
            {
                yield break;
            }

            place = rows[^1];
            yield return (rows.Count, orders);
        }
    }

    private async Task<(List<EventRow> Rows, IReadOnlyList<StoredOrder> Orders)> PageAsync(EventRow after, string? tenantId, CancellationToken cancellationToken)
    {
        // The session's transactions are read-only ones; this one is a snapshot as well.
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        var rows = await RowsAsync(connection, after, tenantId, cancellationToken);
        var orders = await OrdersAsync(connection, [.. rows.Where(row => row.IsFirst)], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (rows, orders);
    }

    private static Task<List<EventRow>> RowsAsync(NpgsqlConnection connection, EventRow after, string? tenantId, CancellationToken cancellationToken) => ReadAsync(
        connection,
        PageSql,
        static row => new EventRow(row.GetInt64(0), row.GetString(1), Text(row, 2), Text(row, 3), row.GetBoolean(4)),
        cancellationToken,
        Value(after.Number),
        Value(after.TenantId),
        OptionalValue(tenantId),
        Value(EventsPerPage));

    private static async Task<IReadOnlyList<StoredOrder>> OrdersAsync(NpgsqlConnection connection, List<EventRow> firsts, CancellationToken cancellationToken)
    {
        List<EventRow> ordered = [.. firsts.Where(row => row.OrderRef is not null)];

        // Without a payment there is nothing that a matrix could decide.
        List<EventRow> paid = [.. firsts.Where(row => row.OrderRef is null && row.PaymentObjectId is not null)];
        var locations = (await ReadAsync(
                connection, LocationsSql, static row => (TenantId: row.GetString(0), LocationId: row.GetString(1), IsSellable: row.GetBoolean(2)), cancellationToken, Value([.. firsts.Select(row => row.TenantId).Distinct()])))
            .GroupBy(each => each.TenantId)
            .ToDictionary(group => group.Key, IReadOnlyDictionary<string, bool> (group) => group.ToDictionary(each => each.LocationId, each => each.IsSellable, StringComparer.Ordinal), StringComparer.Ordinal);
        var ofOrders = await EventsAsync(connection, EventsOfOrdersSql, ordered, row => row.OrderRef!, cancellationToken);
        var ofPayments = await EventsAsync(connection, EventsOfPaymentsSql, paid, row => row.PaymentObjectId!, cancellationToken);
        var reservations = (await ReadAsync(connection, ReservationsSql, ReadReservation, cancellationToken, Keys(ordered, row => row.OrderRef!, MaximumReservations + 1)))
            .ToLookup(each => (each.TenantId, each.Reservation.OrderRef), each => each.Reservation);
        var returns = await ReturnsAsync(connection, ordered, ofOrders, cancellationToken);
        return
        [
            .. ordered.Select(row => Order(
                row, row.OrderRef, ofOrders[(row.TenantId, row.OrderRef!)], [.. reservations[(row.TenantId, row.OrderRef!)]], [.. returns[(row.TenantId, row.OrderRef!)]])),
            .. paid.Select(row => Order(row, null, ofPayments[(row.TenantId, row.PaymentObjectId!)], [], [])),
        ];

        StoredOrder Order(EventRow row, string? orderRef, IEnumerable<StoredEvent> events, IReadOnlyList<Reservation> its, IReadOnlyList<ReceivedReturn> received) => new(
            row.TenantId, orderRef, [.. events.OrderBy(each => each.Number)], its, received, locations.GetValueOrDefault(row.TenantId) ?? new Dictionary<string, bool>());
    }

    private static async Task<ILookup<(string TenantId, string Key), StoredEvent>> EventsAsync(
        NpgsqlConnection connection, string sql, List<EventRow> wanted, Func<EventRow, string> key, CancellationToken cancellationToken) =>
        (await ReadAsync(connection, sql, static row => (Key: (row.GetString(1), row.GetString(0)), Event: ReadEvent(row)), cancellationToken, Keys(wanted, key, MaximumEvents + 1)))
        .ToLookup(each => each.Key, each => each.Event);

    private static async Task<ILookup<(string TenantId, string OrderRef), ReceivedReturn>> ReturnsAsync(
        NpgsqlConnection connection, List<EventRow> ordered, ILookup<(string TenantId, string Key), StoredEvent> events, CancellationToken cancellationToken)
    {
        var wanted = ordered.SelectMany(row => events[(row.TenantId, row.OrderRef!)]
                .Where(each => each.Event.Type == PaymentEventType.ReturnReceived)
                .Select(each => (OrderRef: row.OrderRef!, row.TenantId, DocumentRef: each.Event.ModificationRef)))
            .Distinct()
            .ToList();
        var returns = wanted.Count == 0 ? [] : await ReadAsync(
            connection,
            ReturnsSql,
            ReadReturn,
            cancellationToken,
            Value([.. wanted.Select(each => each.OrderRef)]),
            Value([.. wanted.Select(each => each.TenantId)]),
            Value([.. wanted.Select(each => each.DocumentRef)]),
            Value(MaximumReturnsOfDocument));
        return returns.ToLookup(each => (each.TenantId, each.Return.OrderRef), each => each.Return);
    }

    private static async Task<List<T>> ReadAsync<T>(
        NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { command } };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        List<T> rows = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private static StoredEvent ReadEvent(NpgsqlDataReader row) => new(
        row.GetInt64(2),
        Event(ApplyPaymentEventRequest.Parser.ParseFrom(row.GetFieldValue<byte[]>(3)).Event),
        (ResolutionKind)row.GetInt16(4),
        row.GetString(5),
        row.GetString(6),
        row.GetFieldValue<DateTimeOffset>(7),
        row.GetInt64(8),
        row.GetInt64(9));

    /// <summary>As the server reads it; stored ones have been found good.</summary>
    private static Core.Payments.PaymentEvent Event(StockAuthority.Payments.V1.PaymentEvent message) => new(
        new PaymentEventId(message.Provider, message.Account, message.ProviderEventId),
        (PaymentEventType)message.EventType,
        message.PaymentObjectId.Length > 0 ? message.PaymentObjectId : null,
        message is { EventType: Payments.V1.PaymentEventType.ReturnReceived, DocumentRef.Length: > 0 } ? message.DocumentRef
            : message.ModificationRef.Length > 0 ? message.ModificationRef
            : message.ProviderEventId,
        message.OrderRef.Length > 0 ? message.OrderRef : null,
        [.. message.Lines.GroupBy(line => new StockKey(line.Sku, line.LocationId), line => line.Quantity).Select(line => new StockLine(line.Key, line.Sum()))],
        message.FullAmount,
        message.OccurTime?.ToDateTimeOffset() ?? DateTimeOffset.UnixEpoch,
        [.. message.Problems],
        message is { Amount: { } amount, EventType: not (Payments.V1.PaymentEventType.Unknown or Payments.V1.PaymentEventType.Unreadable) }
            ? new Core.Payments.Money(amount.Currency.ToUpperInvariant(), amount.MinorUnits)
            : null)
    {
        PaymentMethod = message is { SchemaVersion: > 1, PaymentMethod.Length: > 0 } ? message.PaymentMethod : null,
    };

    private static (string TenantId, Reservation Reservation) ReadReservation(NpgsqlDataReader row) => (row.GetString(1), new Reservation(
        row.GetInt64(2),
        row.GetString(0),
        Text(row, 3),
        Text(row, 4),
        (ReservationOrigin)row.GetInt16(5),
        (ReservationState)row.GetInt16(6),
        [
            .. JsonSerializer.Deserialize<StoredLine[]>(row.GetString(7), StoredNames)!.Select(line => new ReservationLine(
                new StockKey(line.Sku, line.LocationId), line.Quantity, line.Reserved, line.Committed, line.Fulfilled, line.Withdrawn)),
        ],
        row.GetFieldValue<DateTimeOffset>(8),
        row.GetFieldValue<DateTimeOffset>(9),
        row.IsDBNull(10) ? null : row.GetFieldValue<DateTimeOffset>(10)));

    private static (string TenantId, ReceivedReturn Return) ReadReturn(NpgsqlDataReader row) => (row.GetString(1), new ReceivedReturn(
        row.GetInt64(2),
        row.GetString(3),
        row.GetString(0),
        [.. JsonSerializer.Deserialize<StoredLine[]>(row.GetString(4), StoredNames)!.Select(line => new StockLine(new StockKey(line.Sku, line.LocationId), line.Quantity))],
        ByCall: true,
        ByEvent: row.GetBoolean(5)));

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static NpgsqlParameter[] Keys(List<EventRow> rows, Func<EventRow, string> key, int limit) =>
        [Value([.. rows.Select(key)]), Value([.. rows.Select(row => row.TenantId)]), Value(limit)];

    private sealed record EventRow(long Number, string TenantId, string? OrderRef, string? PaymentObjectId, bool IsFirst);

    /// <summary>States without units are left out.</summary>
    private sealed record StoredLine(string Sku, string LocationId, long Quantity, long Reserved = 0, long Committed = 0, long Fulfilled = 0, long Withdrawn = 0);
}
