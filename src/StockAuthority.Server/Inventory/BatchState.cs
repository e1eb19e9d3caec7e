using System.Collections.Immutable;
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

/// <summary>A tenant's head row.</summary>
/// <param name="Version">Counts the batches that wrote anything of the tenant: while it stands, nothing has changed.</param>
/// <param name="LastRecordedAt">Time of the latest movement; later ones never have an earlier time, whatever a server's clock says.</param>
/// <param name="Policy">Changes with the version too, so that it can be remembered with it.</param>
internal sealed record TenantHead(
    string TenantId,
    long Version,
    long LastSequence,
    byte[] LastHash,
    long LastEventNumber,
    DateTimeOffset LastRecordedAt,
    ReservationPolicy Policy);

/// <summary>One tenant in a batch: the head that it began from, and the state that its commands change.</summary>
internal sealed class BatchTenant(TenantHead head)
{
    public TenantHead Head { get; } = head;

    public TenantState State { get; } = new(head.TenantId, head.LastSequence, head.LastHash, head.Policy);

    public long LastEventNumber { get; set; } = head.LastEventNumber;

    /// <summary>The head as it is after the batch.</summary>
    public TenantHead Advanced => new(
        Head.TenantId,
        Head.Version + 1,
        State.LastSequence,
        State.LastHash,
        LastEventNumber,
        State.Movements.Count > 0 ? State.Movements[^1].RecordedAt : Head.LastRecordedAt,
        Head.Policy);
}

/// <summary>What a batch knows: one state for each tenant that exists, and the answers that are stored for its keys.</summary>
internal sealed class BatchState
{
    private readonly Dictionary<string, BatchTenant> _tenants = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Key, string TenantId), StoredOutcome> _outcomes = [];

    public IReadOnlyCollection<BatchTenant> Tenants => _tenants.Values;

    /// <summary>The database's clock when the locks were taken: the one clock that all servers share. Null where nothing was read.</summary>
    public DateTimeOffset? DatabaseTime { get; private set; }

    public BatchTenant? Tenant(string tenantId) => _tenants.GetValueOrDefault(tenantId);

    public StoredOutcome? Outcome(PendingCommand command) => _outcomes.GetValueOrDefault((command.IdempotencyKey, command.TenantId));

    public void Remember(PendingCommand command, StoredOutcome outcome) => _outcomes.Add((command.IdempotencyKey, command.TenantId), outcome);

    /// <summary>The keys of which a command, a fact that cannot be refused, takes what was promised.</summary>
    public ImmutableArray<StockKey> KeysAtRisk(PendingCommand command) =>
        Tenant(command.TenantId) is { } tenant && Outcome(command) is null ? ReservationsAtRisk.Keys(tenant.State, command.Command) : [];

    public void Load(TenantHead head) => _tenants.Add(head.TenantId, new BatchTenant(head));

    public void LoadHead(NpgsqlDataReader row)
    {
        Load(new TenantHead(
            row.GetString(0),
            row.GetInt64(1),
            row.GetInt64(2),
            row.GetFieldValue<byte[]>(3),
            row.GetInt64(4),
            row.GetFieldValue<DateTimeOffset>(5),
            ReservationPolicy.Of(Optional<TimeSpan>(row, 6), Optional<TimeSpan>(row, 7))));
        DatabaseTime = row.GetFieldValue<DateTimeOffset>(8);
    }

    public void LoadOutcome(NpgsqlDataReader row) => _outcomes[(row.GetString(1), row.GetString(0))] =
        new StoredOutcome(row.GetFieldValue<byte[]>(2), row.GetInt16(3), row.GetFieldValue<byte[]>(4));

    public void LoadPayment(NpgsqlDataReader row) => State(row)?.Load(StoredJson.ReadPayment(
        new PaymentId(row.GetString(1), row.GetString(2), row.GetString(3)),
        Optional(row, 4),
        Optional(row, 5),
        row.GetString(6),
        row.GetString(7)));

    public void LoadReservation(NpgsqlDataReader row) => State(row)?.Load(ReservationRow.Read(row, 1));

    public void LoadReturn(NpgsqlDataReader row) => State(row)?.Load(new ReceivedReturn(
        row.GetInt64(1), row.GetString(2), row.GetString(3), StoredJson.ReadLines(row.GetString(4)), row.GetBoolean(5), row.GetBoolean(6)));

    public void LoadTransfer(NpgsqlDataReader row) => State(row)?.Load(TransferRow.Read(row, 1));

    public void LoadLocation(NpgsqlDataReader row) => State(row)?.LoadLocation(row.GetString(1), row.GetBoolean(2));

    public void LoadLevel(NpgsqlDataReader row) => State(row)?.Load(LevelRow.Read(row, new StockKey(row.GetString(1), row.GetString(2)), 3));

    /// <summary>A key, whether its location is sellable (null: there is none), and its level if there is one.</summary>
    public void LoadTouchedKey(NpgsqlDataReader row)
    {
        if (State(row) is not { } tenant)
        {
            return;
        }

        if (Optional<bool>(row, 3) is { } isSellable)
        {
            tenant.LoadLocation(row.GetString(2), isSellable);
        }

        if (!row.IsDBNull(4))
        {
            tenant.Load(LevelRow.Read(row, new StockKey(row.GetString(1), row.GetString(2)), 4));
        }
    }

    public void LoadRecordedEvent(NpgsqlDataReader row) =>
        State(row)?.Load(new PaymentEventId(row.GetString(1), row.GetString(2), row.GetString(3)));

    /// <summary>Every result begins with its tenant.</summary>
    private TenantState? State(NpgsqlDataReader row) => Tenant(row.GetString(0))?.State;

    private static string? Optional(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetString(ordinal);

    private static T? Optional<T>(NpgsqlDataReader row, int ordinal)
        where T : struct => row.IsDBNull(ordinal) ? null : row.GetFieldValue<T>(ordinal);
}
