using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;
using StockAuthority.Server.Inventory;

namespace StockAuthority.Server.Tests.Simulation;

/// <summary>An event with its resolution, as it is stored.</summary>
internal sealed record StoredEvent(string EventId, ResolutionKind Kind, string Reason, string? OrderRef, long FirstSequence, long LastSequence);

/// <summary>All that the database has of one tenant when everybody has been answered.</summary>
internal sealed class StoredLedger
{
    private const string HeadSql = "SELECT last_sequence, last_hash FROM tenants WHERE tenant_id = $1";

    private const string MovementsSql =
        """
        SELECT sequence, sku, location_id, from_state, to_state, quantity, level_version, available_after, operation, order_ref,
               reservation_number, document_ref, reason, idempotency_key, recorded_at, hash, occurred_at
        FROM movements WHERE tenant_id = $1 ORDER BY sequence
        """;

    private const string LevelsSql =
        """
        SELECT sku, location_id, available, reserved, committed, inspection, damaged, in_transit, shortfall, version, sequence
        FROM stock_levels WHERE tenant_id = $1
        """;

    private const string ReservationsSql =
        """
        SELECT reservation_number, order_ref, payment_object_id, channel, origin, state, lines::text, created_at, expire_at, closed_at
        FROM reservations WHERE tenant_id = $1
        """;

    private const string TransfersSql =
        "SELECT transfer_id, from_location_id, to_location_id, lines::text, dispatched_at, closed_at FROM transfers WHERE tenant_id = $1";

    private const string OutcomesSql = "SELECT idempotency_key, fingerprint, answer_kind, answer FROM outcomes WHERE tenant_id = $1";

    private const string EventsSql =
        "SELECT provider_event_id, resolution, reason, order_ref, first_sequence, last_sequence FROM payment_events WHERE tenant_id = $1";

    private const string DeliveriesSql = "SELECT idempotency_key FROM payment_event_deliveries WHERE tenant_id = $1";

    public long LastSequence { get; private set; }

    public byte[] LastHash { get; private set; } = [];

    public List<Movement> Movements { get; } = [];

    public Dictionary<StockKey, StockLevel> Levels { get; } = [];

    public Dictionary<long, Reservation> Reservations { get; } = [];

    public List<Transfer> Transfers { get; } = [];

    public Dictionary<string, StoredOutcome> Outcomes { get; } = [];

    public List<StoredEvent> Events { get; } = [];

    public HashSet<string> ExtraDeliveries { get; } = [];

    public static async Task<StoredLedger> ReadAsync(NpgsqlDataSource dataSource, string tenantId)
    {
        var ledger = new StoredLedger();
        await using var batch = dataSource.CreateBatch();
        foreach (var sql in (string[])[HeadSql, MovementsSql, LevelsSql, ReservationsSql, TransfersSql, OutcomesSql, EventsSql, DeliveriesSql])
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { new NpgsqlParameter { Value = tenantId } } });
        }

        await using var reader = await batch.ExecuteReaderAsync();
        var results = new ResultReader(reader, CancellationToken.None);
        await results.EachAsync(row => (ledger.LastSequence, ledger.LastHash) = (row.GetInt64(0), row.GetFieldValue<byte[]>(1)));
        await results.EachAsync(row => ledger.Movements.Add(MovementRow.Read(row, 0)));
        await results.EachAsync(row => ledger.Add(LevelRow.Read(row, new StockKey(row.GetString(0), row.GetString(1)), 2)));
        await results.EachAsync(row => ledger.Add(ReservationRow.Read(row, 0)));
        await results.EachAsync(row => ledger.Transfers.Add(TransferRow.Read(row, 0)));
        await results.EachAsync(row => ledger.Outcomes.Add(row.GetString(0), new StoredOutcome(row.GetFieldValue<byte[]>(1), row.GetInt16(2), row.GetFieldValue<byte[]>(3))));
        await results.EachAsync(row => ledger.Events.Add(new StoredEvent(
            row.GetString(0), (ResolutionKind)row.GetInt16(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetInt64(4), row.GetInt64(5))));
        await results.EachAsync(row => ledger.ExtraDeliveries.Add(row.GetString(0)));
        return ledger;
    }

    private void Add(StockLevel level) => Levels.Add(level.Key, level);

    private void Add(Reservation reservation) => Reservations.Add(reservation.Number, reservation);
}
