using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using StockAuthority.Cli.Verification;
using StockAuthority.Core.Inventory;
using static System.FormattableString;
using static StockAuthority.Cli.SqlValues;

namespace StockAuthority.Cli.Journal;

/// <summary>
/// Detaches the journal's old partitions, the oldest first. Each one is verified, then every tenant's checkpoint is recorded,
/// and only then is it detached: interrupted anywhere, nothing is unproven, and the next run goes on from there.
/// </summary>
[SuppressMessage("Security", "CA2100", Justification = "The only pieces are the names of partitions, from the catalogue and quoted.")]
internal sealed partial class JournalDetachment
{
    private readonly NpgsqlConnection _connection;
    private readonly LedgerReads _reads;
    private readonly TimeProvider _time;
    private readonly VerificationOptions _options = new();

    private JournalDetachment(NpgsqlConnection connection, LedgerReads reads, TimeProvider time) => (_connection, _reads, _time) = (connection, reads, time);

    /// <exception cref="DetachRefusedException">Something still needs what would be detached, or it does not verify.</exception>
    public static async Task<IReadOnlyList<DetachedPartition>> RunAsync(
        string connectionString, DateTimeOffset before, bool ignoreConsumers, TimeProvider time, CancellationToken cancellationToken)
    {
        // Not pooled, so that the lock goes with it. No timeout of commands: a detachment waits for whoever reads the partition.
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "stockctl", Pooling = false, CommandTimeout = 0 };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var source = LedgerReads.Source(connectionString);
        return await new JournalDetachment(connection, new LedgerReads(source), time).RunAsync(before, ignoreConsumers, cancellationToken);
    }

    private async Task<IReadOnlyList<DetachedPartition>> RunAsync(DateTimeOffset before, bool ignoreConsumers, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(LockSql, _connection);
        if (await command.ExecuteScalarAsync(cancellationToken) is not true)
        {
            throw new DetachRefusedException("JOURNAL_IN_USE", "Another stockctl verifies the journal or detaches from it.");
        }

        var partitions = await PartitionsAsync(before, cancellationToken);
        await CheckNeedsAsync(partitions[^1].UntilAt, ignoreConsumers, cancellationToken);
        List<DetachedPartition> detached = [];
        foreach (var (partition, _, isDetaching) in partitions)
        {
            // One that was interrupted has its checkpoints.
            var checkpoints = isDetaching ? [] : await RecordAsync(partition, cancellationToken);
            var movements = await CountAsync(partition, cancellationToken);
            await ExecuteAsync(isDetaching ? FinishDetachSql(partition) : DetachSql(partition), cancellationToken);
            detached.Add(new DetachedPartition(partition, movements, checkpoints));
        }

        return detached;
    }

    private async Task<List<(string Name, DateTime UntilAt, bool IsDetaching)>> PartitionsAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(PartitionsSql, _connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(string Name, DateTime UntilAt, bool IsDetaching)> partitions = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            if (before.UtcDateTime > reader.GetDateTime(3))
            {
                throw new DetachRefusedException("NEWEST_MONTH", $"The current month stays attached: --before can be {Month(reader.GetDateTime(3))} at most.");
            }

            partitions.Add((reader.GetString(0), reader.GetDateTime(1), reader.GetBoolean(2)));
        }

        var old = partitions.FindAll(partition => partition.UntilAt <= before.UtcDateTime);
        return old.Count > 0
            ? old
            : throw new DetachRefusedException(
                "NOTHING_TO_DETACH", $"No partition ends before {Month(before.UtcDateTime)}: the oldest, {partitions[0].Name}, ends with {Month(partitions[0].UntilAt.AddDays(-1))}.");
    }

    /// <summary>Of everything that will be detached, before anything is.</summary>
    private async Task CheckNeedsAsync(DateTime until, bool ignoreConsumers, CancellationToken cancellationToken)
    {
        await using (var command = new NpgsqlCommand(OutOfOrderSql, _connection) { Parameters = { Value(until) } })
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            if (await reader.ReadAsync(cancellationToken))
            {
                throw new DetachRefusedException(
                    "OUT_OF_ORDER",
                    Invariant($"The journal of tenant {reader.GetString(0)} would be cut after sequence {reader.GetInt64(1)}, but sequence {reader.GetInt64(2)} stays: it has a later time."));
            }
        }

        if (ignoreConsumers)
        {
            return;
        }

        await using (var command = new NpgsqlCommand(ConsumersBehindSql, _connection) { Parameters = { Value(until) } })
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            if (await reader.ReadAsync(cancellationToken))
            {
                throw new DetachRefusedException(
                    "CONSUMER_BEHIND",
                    Invariant($"Consumer {reader.GetString(0)} of tenant {reader.GetString(1)} has acknowledged sequence {reader.GetInt64(2)}, and everything up to {reader.GetInt64(3)} would be detached. Let it catch up, or give --ignore-consumers."));
            }
        }
    }

    /// <summary>Verifies a partition and records what its movements come to.</summary>
    private async Task<List<RecordedCheckpoint>> RecordAsync(string partition, CancellationToken cancellationToken)
    {
        List<RecordedCheckpoint> recorded = [];
        foreach (var (tenantId, _, _, checkpoint) in await _reads.TenantsAsync(null, cancellationToken))
        {
            var (last, next) = await EdgeAsync(partition, tenantId, cancellationToken);
            if (last > (checkpoint?.Sequence ?? 0))
            {
                if (next != last + 1)
                {
                    throw new DetachRefusedException(
                        "DOES_NOT_VERIFY", Invariant($"The journal of tenant {tenantId} goes on with sequence {next} after {partition}, which ends with {last}."));
                }

                var ledger = await VerifyAsync(partition, tenantId, checkpoint, last, cancellationToken);
                recorded.Add(await RecordAsync(partition, ledger, cancellationToken));
            }
        }

        // The pair of all the above: whatever is in the partition is in a tenant's proven stretch.
        var proven = (await _reads.StretchesAsync(partition, null, cancellationToken)).Sum(stretch => stretch.Last.Sequence - stretch.Before.Sequence);
        var found = await CountAsync(partition, cancellationToken);
        return proven == found
            ? recorded
            : throw new DetachRefusedException("DOES_NOT_VERIFY", Invariant($"{partition} has {found} movements, of which {proven} belong to tenants' journals."));
    }

    private async Task<TenantLedger> VerifyAsync(string partition, string tenantId, JournalCheckpoint? checkpoint, long last, CancellationToken cancellationToken)
    {
        var findings = new Findings();

        // No outcomes: they are gone sooner than movements are detached.
        using var keys = new CommandKeys(_reads, _options, DateTimeOffset.MaxValue, findings);
        var ledger = new TenantLedger(tenantId, 0, keys, findings);
        if (checkpoint is not null)
        {
            await CheckpointReading.BeginAsync(_reads, ledger, checkpoint, _options.RowsPerPage, findings, cancellationToken);
        }

        while (ledger.Sequence < last)
        {
            await _reads.PartitionAsync(partition, tenantId, ledger.Sequence, last, _options.MovementsPerPage, ledger.Take, cancellationToken);
            await keys.EndPageAsync(cancellationToken);
        }

        await keys.FinishAsync(cancellationToken);
        return findings.ByKind() is [var problem, ..]
            ? throw new DetachRefusedException("DOES_NOT_VERIFY", $"{problem.First}")
            : ledger;
    }

    private async Task<RecordedCheckpoint> RecordAsync(string partition, TenantLedger ledger, CancellationToken cancellationToken)
    {
        await using var transaction = await _connection.BeginTransactionAsync(cancellationToken);
        using var sealing = new CheckpointSeal(ledger.TenantId, ledger.Sequence, ledger.Hash);
        await WriteLevelsAsync(ledger, sealing, cancellationToken);
        await WriteReservationsAsync(partition, ledger, sealing, cancellationToken);
        var seal = sealing.Finish();
        await ExecuteAsync(
            CheckpointSql,
            cancellationToken,
            Value(ledger.Sequence),
            Value(ledger.TenantId),
            Value(ledger.Hash),
            Value(seal),
            Value(partition),
            Value(_time.GetUtcNow().UtcDateTime));
        await transaction.CommitAsync(cancellationToken);
        return new RecordedCheckpoint(ledger.TenantId, ledger.Sequence, Convert.ToHexStringLower(seal));
    }

    private async Task WriteLevelsAsync(TenantLedger ledger, CheckpointSeal sealing, CancellationToken cancellationToken)
    {
        await ExecuteAsync(ForgetLevelsSql, cancellationToken, Value(ledger.TenantId));
        await using var writer = await _connection.BeginBinaryImportAsync(CopyLevelsSql, cancellationToken);
        foreach (var level in ledger.Levels.Select(level => level.Value.Level(level.Key)).OrderBy(level => level.Sequence))
        {
            sealing.Add(level);
            await writer.StartRowAsync(cancellationToken);
            foreach (var text in (string[])[ledger.TenantId, level.Key.Sku, level.Key.LocationId])
            {
                await writer.WriteAsync(text, NpgsqlDbType.Text, cancellationToken);
            }

            foreach (var number in Numbers(level))
            {
                await writer.WriteAsync(number, NpgsqlDbType.Bigint, cancellationToken);
            }
        }

        await writer.CompleteAsync(cancellationToken);
    }

    private async Task WriteReservationsAsync(string partition, TenantLedger ledger, CheckpointSeal sealing, CancellationToken cancellationToken)
    {
        await ExecuteAsync(HoldSql(partition), cancellationToken, Value(ledger.TenantId), Value(ledger.Begun));
        await ExecuteAsync(ForgetReservationsSql, cancellationToken, Value(ledger.TenantId));
        await using var command = new NpgsqlCommand(HeldSql, _connection) { Parameters = { Value(ledger.TenantId) } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            sealing.Add(new CheckpointReservation(reader.GetInt64(0), new StockKey(reader.GetString(1), reader.GetString(2)), reader.GetInt64(3), reader.GetInt64(4)));
        }
    }

    /// <summary>The last sequence in a partition, 0 for none, and the one that follows it.</summary>
    private async Task<(long Last, long Next)> EdgeAsync(string partition, string tenantId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(EdgeSql(partition), _connection) { Parameters = { Value(tenantId) } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetInt64(0), reader.GetInt64(1)) : (0, 0);
    }

    private async Task<long> CountAsync(string partition, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(CountSql(partition), _connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static long[] Numbers(StockLevel level) =>
    [
        level.Available, level.Reserved, level.Committed, level.Inspection, level.Damaged, level.InTransit, level.Shortfall, level.Version, level.Sequence,
    ];

    private static string Month(DateTime time) => time.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
