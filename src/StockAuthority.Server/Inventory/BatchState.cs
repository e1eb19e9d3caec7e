using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Server.Inventory;

/// <summary>An answer that is stored under an idempotency key.</summary>
internal sealed record StoredOutcome(byte[] Fingerprint, short AnswerKind, byte[] Answer)
{
    public const short ResponseKind = 1;
    public const short StatusKind = 2;
}

/// <summary>What a batch reads, row by row: one state for each tenant that exists, and the answers that are stored for its keys.</summary>
internal sealed class BatchState
{
    private readonly Dictionary<string, TenantState> _tenants = [];
    private readonly Dictionary<string, long> _lastEventNumbers = [];
    private readonly Dictionary<(string Key, string TenantId), StoredOutcome> _outcomes = [];

    public IEnumerable<TenantState> Tenants => _tenants.Values;

    public TenantState? Tenant(string tenantId) => _tenants.GetValueOrDefault(tenantId);

    public StoredOutcome? Outcome(PendingCommand command) => _outcomes.GetValueOrDefault((command.IdempotencyKey, command.TenantId));

    public void Remember(PendingCommand command, StoredOutcome outcome) => _outcomes.Add((command.IdempotencyKey, command.TenantId), outcome);

    public long LastEventNumber(string tenantId) => _lastEventNumbers[tenantId];

    public long NextEventNumber(string tenantId) => ++_lastEventNumbers[tenantId];

    public void LoadHead(NpgsqlDataReader row)
    {
        var tenantId = row.GetString(0);
        _tenants.Add(tenantId, new TenantState(tenantId, row.GetInt64(1), row.GetFieldValue<byte[]>(2)));
        _lastEventNumbers.Add(tenantId, row.GetInt64(3));
    }

    public void LoadOutcome(NpgsqlDataReader row) => _outcomes[(row.GetString(1), row.GetString(0))] =
        new StoredOutcome(row.GetFieldValue<byte[]>(2), row.GetInt16(3), row.GetFieldValue<byte[]>(4));

    public void LoadPayment(NpgsqlDataReader row) => Tenant(row.GetString(0))?.Load(StoredJson.ReadPayment(
        new PaymentId(row.GetString(1), row.GetString(2), row.GetString(3)),
        Optional(row, 4),
        Optional(row, 5),
        row.GetString(6),
        row.GetString(7)));

    public void LoadReservation(NpgsqlDataReader row) => Tenant(row.GetString(0))?.Load(ReservationRow.Read(row, 1));

    public void LoadLocation(NpgsqlDataReader row) => Tenant(row.GetString(0))?.LoadLocation(row.GetString(1));

    public void LoadLevel(NpgsqlDataReader row) =>
        Tenant(row.GetString(0))?.Load(LevelRow.Read(row, new StockKey(row.GetString(1), row.GetString(2)), 3));

    /// <summary>A key, whether its location exists, and its level if there is one.</summary>
    public void LoadTouchedKey(NpgsqlDataReader row)
    {
        if (Tenant(row.GetString(0)) is not { } tenant)
        {
            return;
        }

        if (row.GetBoolean(3))
        {
            tenant.LoadLocation(row.GetString(2));
        }

        if (!row.IsDBNull(4))
        {
            tenant.Load(LevelRow.Read(row, new StockKey(row.GetString(1), row.GetString(2)), 4));
        }
    }

    public void LoadRecordedEvent(NpgsqlDataReader row) =>
        Tenant(row.GetString(0))?.Load(new PaymentEventId(row.GetString(1), row.GetString(2), row.GetString(3)));

    private static string? Optional(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetString(ordinal);
}
