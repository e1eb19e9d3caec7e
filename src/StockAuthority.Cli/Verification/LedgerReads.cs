using Npgsql;
using StockAuthority.Core.Inventory;
using static StockAuthority.Cli.SqlValues;

namespace StockAuthority.Cli.Verification;

/// <summary>
/// Everything that is read of a ledger. Each call is one short transaction of one snapshot and hands back at most a page: a
/// snapshot that lived as long as the verification would slow down every hot update meanwhile.
/// </summary>
internal sealed partial class LedgerReads(NpgsqlDataSource source)
{
    /// <summary>Read only, and no statement or forgotten transaction that stays: this may be a database at work.</summary>
    public static NpgsqlDataSource Source(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = "stockctl",
            MaxPoolSize = 5,
            MaxAutoPrepare = 20,
            AutoPrepareMinUsages = 2,
            CommandTimeout = 300,
        };
        settings.Options = (settings.Options + " -c default_transaction_read_only=on -c enable_seqscan=off -c plan_cache_mode=force_generic_plan -c jit=off -c idle_in_transaction_session_timeout=60s").Trim();
        return NpgsqlDataSource.Create(settings.ConnectionString);
    }

    /// <summary>The verified tenants' heads, with the end of the journal and its last checkpoint at the same moment. No head where its row is missing.</summary>
    public async Task<List<(string TenantId, TenantHead? Head, long JournalEnd, JournalCheckpoint? Checkpoint)>> TenantsAsync(string? tenantId, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(TenantsSql);
        command.Parameters.Add(OptionalValue(tenantId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(string TenantId, TenantHead? Head, long JournalEnd, JournalCheckpoint? Checkpoint)> tenants = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetString(0);
            TenantHead? head = reader.IsDBNull(1) ? null : new TenantHead(id, reader.GetInt64(1), reader.GetFieldValue<byte[]>(2));
            JournalCheckpoint? checkpoint = reader.IsDBNull(4)
                ? null
                : new JournalCheckpoint(id, reader.GetInt64(4), reader.GetFieldValue<byte[]>(5), reader.GetFieldValue<byte[]>(6), reader.GetString(7));
            tenants.Add((id, head, reader.GetInt64(3), checkpoint));
        }

        return tenants;
    }

    /// <summary>Hands out the next movements after one, up to another; answers how many.</summary>
    public Task<int> JournalAsync(string tenantId, long after, long upTo, int limit, Action<Movement> take, CancellationToken cancellationToken) =>
        MovementsAsync(JournalSql, tenantId, after, upTo, limit, take, cancellationToken);

    /// <summary>The same of one partition, attached or not.</summary>
    public Task<int> PartitionAsync(
        string partition, string tenantId, long after, long upTo, int limit, Action<Movement> take, CancellationToken cancellationToken) =>
        MovementsAsync(Of(partition, JournalSql), tenantId, after, upTo, limit, take, cancellationToken);

    private async Task<int> MovementsAsync(
        string sql, string tenantId, long after, long upTo, int limit, Action<Movement> take, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(Value(tenantId));
        command.Parameters.Add(Value(after));
        command.Parameters.Add(Value(upTo));
        command.Parameters.Add(Value(limit));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var count = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            take(ReadMovement(reader));
            count++;
        }

        return count;
    }

    /// <summary>Held while a journal is read, so that none is cut meanwhile; null where one is being cut.</summary>
    public async Task<IAsyncDisposable?> LockAsync(CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(LockSql, connection);
        if (await command.ExecuteScalarAsync(cancellationToken) is true)
        {
            return connection;
        }

        await connection.DisposeAsync();
        return null;
    }

    public async Task<List<StockLevel>> CheckpointLevelsAsync(string tenantId, long after, int limit, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(CheckpointLevelsSql);
        command.Parameters.Add(Value(tenantId));
        command.Parameters.Add(Value(after));
        command.Parameters.Add(Value(limit));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<StockLevel> levels = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            levels.Add(ReadLevel(reader).Level);
        }

        return levels;
    }

    public async Task<List<CheckpointReservation>> CheckpointReservationsAsync(
        string tenantId, CheckpointReservation? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(CheckpointReservationsSql);
        command.Parameters.Add(Value(tenantId));
        command.Parameters.Add(Value(after?.Number ?? 0));
        command.Parameters.Add(Value(after?.Key.Sku ?? ""));
        command.Parameters.Add(Value(after?.Key.LocationId ?? ""));
        command.Parameters.Add(Value(limit));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<CheckpointReservation> held = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            held.Add(new CheckpointReservation(reader.GetInt64(0), new StockKey(reader.GetString(1), reader.GetString(2)), reader.GetInt64(3), reader.GetInt64(4)));
        }

        return held;
    }

    /// <summary>The partitions that checkpoints name and that are in the database.</summary>
    public async Task<List<(string Partition, bool IsAttached)>> CutPartitionsAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(CutPartitionsSql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(string Partition, bool IsAttached)> partitions = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            partitions.Add((reader.GetString(0), reader.GetBoolean(1)));
        }

        return partitions;
    }

    /// <summary>What a partition has of each tenant's journal: after which movement it begins, and with which it ends.</summary>
    public async Task<List<(TenantHead Before, TenantHead Last)>> StretchesAsync(string partition, string? tenantId, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(StretchesSql);
        command.Parameters.Add(Value(partition));
        command.Parameters.Add(OptionalValue(tenantId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(TenantHead Before, TenantHead Last)> stretches = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            var tenant = reader.GetString(0);
            var hash = reader.IsDBNull(2) ? MovementChain.Genesis : reader.GetFieldValue<byte[]>(2);
            stretches.Add((new TenantHead(tenant, reader.GetInt64(1), hash), new TenantHead(tenant, reader.GetInt64(3), reader.GetFieldValue<byte[]>(4))));
        }

        return stretches;
    }

    /// <summary>The levels after one key, with the tenants' heads at the same moment.</summary>
    public Task<LedgerPage<LevelRow>> LevelsAsync(IReadOnlyList<string> tenants, LevelRow? after, int limit, CancellationToken cancellationToken) => PageAsync(
        tenants,
        new NpgsqlBatchCommand(LevelsSql)
        {
            Parameters = { Value(tenants), Value(after?.Level.Key.Sku ?? ""), Value(after?.Level.Key.LocationId ?? ""), Value(after?.TenantId ?? ""), Value(limit) },
        },
        ReadLevel,
        cancellationToken);

    /// <summary>The levels of one tenant that have these keys, with the tenant's head at the same moment.</summary>
    public Task<LedgerPage<LevelRow>> LevelsAsync(string tenantId, IReadOnlyList<StockKey> keys, CancellationToken cancellationToken) => PageAsync(
        [tenantId],
        new NpgsqlBatchCommand(LevelsByKeySql)
        {
            Parameters = { Value([tenantId]), Value([.. keys.Select(key => key.Sku)]), Value([.. keys.Select(key => key.LocationId)]) },
        },
        ReadLevel,
        cancellationToken);

    /// <summary>The reservations after a number, with the tenants' heads at the same moment; all of the page's last number.</summary>
    public Task<LedgerPage<ReservationRow>> ReservationsAsync(IReadOnlyList<string> tenants, long after, int limit, CancellationToken cancellationToken) => PageAsync(
        tenants,
        new NpgsqlBatchCommand(ReservationsSql) { Parameters = { Value(tenants), Value(after), Value((long)limit) } },
        static row => new ReservationRow(row.GetString(0), row.GetInt64(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetFieldValue<DateTime>(3)),
        cancellationToken);

    /// <summary>The reservations that are named for any of these times.</summary>
    public async Task<HashSet<(string TenantId, DateTime ExpireAt, long Number)>> ExpiriesAsync(
        IReadOnlyCollection<(string TenantId, DateTime ExpireAt)> times, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(ExpiriesSql);
        command.Parameters.Add(Value([.. times.Select(time => time.TenantId)]));
        command.Parameters.Add(Value(times.Select(time => time.ExpireAt)));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        HashSet<(string TenantId, DateTime ExpireAt, long Number)> named = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            var (tenantId, time) = (reader.GetString(0), reader.GetFieldValue<DateTime>(1));
            named.UnionWith(reader.GetFieldValue<long[]>(2).Select(number => (tenantId, time, number)));
        }

        return named;
    }

    /// <summary>Places of the reservations that are active and named for their time nowhere, both at the same moment.</summary>
    public async Task<List<int>> WithoutExpiryAsync(List<ReservationRow> reservations, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(WithoutExpirySql);
        command.Parameters.Add(Value(reservations.Select(each => each.Number)));
        command.Parameters.Add(Value([.. reservations.Select(each => each.TenantId)]));
        return await PlacesAsync(command, cancellationToken);
    }

    /// <summary>Places of the keys that have no outcome.</summary>
    public Task<List<int>> WithoutOutcomeAsync(List<UsedKey> keys, CancellationToken cancellationToken) =>
        PlacesAsync(WithoutOutcomeSql, [.. keys.Select(each => each.Key)], [.. keys.Select(each => each.TenantId)], cancellationToken);

    /// <summary>Places of those whose order has no payment.</summary>
    public Task<List<int>> WithoutPaymentAsync(List<UsedKey> keys, CancellationToken cancellationToken) =>
        PlacesAsync(WithoutPaymentSql, [.. keys.Select(each => each.OrderRef ?? "")], [.. keys.Select(each => each.TenantId)], cancellationToken);

    /// <summary>Places of the pairs of movements that have one key, and that key.</summary>
    public async Task<List<(int Place, string Key)>> EqualKeysAsync(List<(string TenantId, long First, long Again)> pairs, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(EqualKeysSql);
        command.Parameters.Add(Value([.. pairs.Select(pair => pair.TenantId)]));
        command.Parameters.Add(Value(pairs.Select(pair => pair.First)));
        command.Parameters.Add(Value(pairs.Select(pair => pair.Again)));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(int Place, string Key)> equal = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            equal.Add(((int)reader.GetInt64(0) - 1, reader.GetString(1)));
        }

        return equal;
    }

    /// <summary>The first reservation that does not hold of a key what its movements say; null where there is none.</summary>
    /// <param name="tenantId">Whose it is.</param>
    /// <param name="key">Of which level.</param>
    /// <param name="after">The last checkpoint; 0 where there is none.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public async Task<DifferingReservation?> DifferingReservationAsync(string tenantId, StockKey key, long after, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(DifferingReservationSql);
        command.Parameters.Add(Value(tenantId));
        command.Parameters.Add(Value(key.Sku));
        command.Parameters.Add(Value(key.LocationId));
        command.Parameters.Add(Value(after));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new DifferingReservation(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetBoolean(5))
            : null;
    }

    private async Task<LedgerPage<TRow>> PageAsync<TRow>(
        IReadOnlyList<string> tenants, NpgsqlBatchCommand rowsCommand, Func<NpgsqlDataReader, TRow> read, CancellationToken cancellationToken)
    {
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(BeginSql));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(HeadsSql) { Parameters = { Value(tenants) } });
        batch.BatchCommands.Add(rowsCommand);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(CommitSql));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        Dictionary<string, TenantHead> heads = new(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            heads.Add(reader.GetString(0), new TenantHead(reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2)));
        }

        await reader.NextResultAsync(cancellationToken);
        List<TRow> rows = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return new LedgerPage<TRow>(heads, rows);
    }

    private async Task<List<int>> PlacesAsync(string sql, string[] keys, string[] tenants, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(Value(keys));
        command.Parameters.Add(Value(tenants));
        return await PlacesAsync(command, cancellationToken);
    }

    private static async Task<List<int>> PlacesAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<int> places = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            places.Add((int)reader.GetInt64(0) - 1);
        }

        return places;
    }

    private static Movement ReadMovement(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        new StockKey(row.GetString(1), row.GetString(2)),
        (StockState)row.GetInt16(3),
        (StockState)row.GetInt16(4),
        row.GetInt64(5),
        row.GetInt64(6),
        row.GetInt64(7),
        (StockOperation)row.GetInt16(8),
        row.IsDBNull(9) ? null : row.GetString(9),
        row.IsDBNull(10) ? null : row.GetInt64(10),
        row.IsDBNull(11) ? null : row.GetString(11),
        (AdjustmentReason)row.GetInt16(12),
        row.GetString(13),
        row.GetFieldValue<DateTimeOffset>(14),
        row.GetFieldValue<byte[]>(15),
        row.IsDBNull(16) ? null : row.GetFieldValue<DateTimeOffset>(16));

    private static LevelRow ReadLevel(NpgsqlDataReader row) => new(
        row.GetString(0),
        new StockLevel(
            new StockKey(row.GetString(1), row.GetString(2)),
            row.GetInt64(3),
            row.GetInt64(4),
            row.GetInt64(5),
            row.GetInt64(6),
            row.GetInt64(7),
            row.GetInt64(8),
            row.GetInt64(9),
            row.GetInt64(10),
            row.GetInt64(11)));
}

/// <summary>Rows of one snapshot, with the tenants' heads in it.</summary>
internal sealed record LedgerPage<TRow>(IReadOnlyDictionary<string, TenantHead> Heads, IReadOnlyList<TRow> Rows);

internal sealed record LevelRow(string TenantId, StockLevel Level);

/// <param name="TenantId">Whose it is.</param>
/// <param name="Number">Its number in the tenant.</param>
/// <param name="Lines">As stored: JSON.</param>
/// <param name="ExpireAt">Null where it is not active.</param>
internal sealed record ReservationRow(string TenantId, long Number, string Lines, DateTime? ExpireAt);

internal sealed record DifferingReservation(long Number, long MovedReserved, long MovedCommitted, long HeldReserved, long HeldCommitted, bool Exists);
