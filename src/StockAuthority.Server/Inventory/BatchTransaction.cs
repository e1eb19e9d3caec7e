using Google.Protobuf;
using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Server.Inventory;

/// <summary>What a batch changed, for those who want to know at once.</summary>
internal sealed record CommittedBatch(IReadOnlyList<CommittedTenant> Tenants);

/// <param name="FirstSequence">The first movement's; with <paramref name="LastSequence"/> all of the batch's.</param>
internal sealed record CommittedTenant(string TenantId, long FirstSequence, long LastSequence, IReadOnlyList<StockLevel> Levels);

/// <summary>
/// Runs a batch of commands as one transaction. Where the lane remembers what the commands need, they are decided from there
/// and written in one round trip that fails as a whole if the memory was not true any more. Otherwise: read under the
/// tenants' locks, decide in arrival order, write and commit. A command whose caller had given up before its turn has no answer.
/// </summary>
internal sealed class BatchTransaction(TriggerMatrix matrix, LaneMemory memory, TimeProvider time)
{
    private readonly HashSet<(string TenantId, StockKey Key)> _lookedThrough = [];
    private bool _hasUnrecorded;

    public async Task<(StockAnswer?[] Answers, CommittedBatch Committed)> RunAsync(
        NpgsqlConnection connection,
        IReadOnlyList<PendingCommand> batch,
        CancellationToken cancellationToken)
    {
        var needs = new BatchNeeds(batch);
        if (memory.Recall(needs) is { } recalled)
        {
            try
            {
                if (await RunAsync(connection, batch, recalled, needs.Reserving, cancellationToken) is { } done)
                {
                    return done;
                }
            }
            catch (PostgresException error) when (BatchWrite.IsStale(error))
            {
                LedgerTelemetry.StaleBatches.Add(1);
                memory.WasStale();
                await using var rollback = new NpgsqlCommand("ROLLBACK", connection);
                await rollback.ExecuteNonQueryAsync(cancellationToken);
            }
        }

        return await RunAsync(connection, batch, await BatchRead.ReadAsync(connection, needs, cancellationToken), null, cancellationToken)
            ?? throw new InvalidOperationException("Unreachable: everything was read.");
    }

    /// <param name="unread">Reserves for whose orders no payment may be known, where the state was recalled: it is not known here whether there is one.</param>
    /// <returns>Null, and nothing done, where it has to be read after all.</returns>
    private async Task<(StockAnswer?[] Answers, CommittedBatch Committed)?> RunAsync(
        NpgsqlConnection connection,
        IReadOnlyList<PendingCommand> batch,
        BatchState state,
        IReadOnlyList<(string TenantId, StockCommand.Reserve Command)>? unread,
        CancellationToken cancellationToken)
    {
        var now = Now();
        var write = new BatchWrite(state, matrix.Sha256, now);
        var answers = new StockAnswer?[batch.Count];
        for (var index = 0; index < batch.Count; index++)
        {
            // A fact that takes what was promised names whose promises those are.
            if (state.Tenant(batch[index].TenantId) is { } tenant
                && ReservationsAtRisk.Keys(tenant.State, batch[index].Command) is { IsEmpty: false } keys
                && state.Outcome(batch[index]) is null)
            {
                if (unread is not null)
                {
                    return null;
                }

                await AtRiskRead.ReadAsync(connection, tenant, [.. keys.Where(key => _lookedThrough.Add((tenant.Head.TenantId, key)))], cancellationToken);
            }

            // The last moment at which a caller who gave up can be let go: once decided, it is recorded.
            answers[index] = batch[index].Abandoned.IsCancellationRequested ? null : Decide(batch[index], state, write, now);
        }

        // What is not recorded does not meet the answer that its key may have already: only a read finds that.
        if (unread is not null && _hasUnrecorded)
        {
            return null;
        }

        var hasWritten = await write.CommitAsync(connection, unread, cancellationToken);
        memory.Keep(state, hasWritten, wasRecalled: unread is not null);
        return (answers, new CommittedBatch(
        [
            .. state.Tenants.Select(tenant => tenant.State).Where(tenant => tenant.Movements.Count > 0)
                .Select(tenant => new CommittedTenant(tenant.TenantId, tenant.Movements[0].Sequence, tenant.LastSequence, [.. tenant.ChangedLevels])),
        ]));
    }

    /// <summary>In the database's precision, so that what is hashed is what is stored.</summary>
    private DateTimeOffset Now()
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    private StockAnswer Decide(PendingCommand command, BatchState state, BatchWrite write, DateTimeOffset now)
    {
        if (state.Tenant(command.TenantId) is not { } tenant)
        {
            return StockAnswers.Invalid(new InvalidReference.UnknownTenant(), command.TenantId);
        }

        if (command.RecordsOutcome && state.Outcome(command) is { } stored)
        {
            return stored.Fingerprint.AsSpan().SequenceEqual(command.Fingerprint)
                ? StockAnswers.Replay(command.Command, stored)
                : StockAnswers.KeyReused(command.IdempotencyKey);
        }

        // Times never run against the sequence, even where servers' clocks differ.
        var recordedAt = now > tenant.Head.LastRecordedAt ? now : tenant.Head.LastRecordedAt;

        // A server whose clock is ahead must not take units back early: expiries go by the clock that all servers share.
        var decidedAt = command.Command is StockCommand.Expire && state.DatabaseTime is { } databaseTime ? databaseTime : recordedAt;
        var decision = StockDecisions.Decide(tenant.State, command.Command, matrix, decidedAt);
        var applied = tenant.State.Apply(decision, command.IdempotencyKey, recordedAt);
        write.Add(command, applied);
        var answer = StockAnswers.Of(command, applied);
        _hasUnrecorded |= !decision.Outcome.IsRecorded;
        if (decision.Outcome.IsRecorded)
        {
            var outcome = new StoredOutcome(
                command.Fingerprint,
                answer.Refusal is null ? StoredOutcome.ResponseKind : StoredOutcome.StatusKind,
                (answer.Response ?? answer.Refusal!).ToByteArray());
            state.Remember(command, outcome);
            write.Add(command, outcome);
        }

        return answer;
    }
}
