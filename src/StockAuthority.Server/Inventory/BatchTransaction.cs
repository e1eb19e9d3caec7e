using Google.Protobuf;
using Npgsql;
using StockAuthority.Core.Inventory;
using StockAuthority.Core.Payments;

namespace StockAuthority.Server.Inventory;

/// <summary>What a batch changed, for those who want to know at once.</summary>
internal sealed record CommittedBatch(IReadOnlyList<CommittedTenant> Tenants);

internal sealed record CommittedTenant(string TenantId, long LastSequence, IReadOnlyList<StockLevel> Levels);

/// <summary>
/// Runs a batch of commands as one transaction: read under the tenants' locks, decide in arrival order, write and commit.
/// A command whose caller had given up before its turn has no answer.
/// </summary>
internal sealed class BatchTransaction(TriggerMatrix matrix, TimeProvider time)
{
    public async Task<(StockAnswer?[] Answers, CommittedBatch Committed)> RunAsync(
        NpgsqlConnection connection,
        IReadOnlyList<PendingCommand> batch,
        CancellationToken cancellationToken)
    {
        var state = await BatchRead.ReadAsync(connection, batch, cancellationToken);

        // Read after the locks are held, so that times never run against the sequence; in the database's precision, so
        // that what is hashed is what is stored.
        var now = time.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));

        var write = new BatchWrite(state, matrix.Sha256, now);
        var answers = new StockAnswer?[batch.Count];
        for (var index = 0; index < batch.Count; index++)
        {
            // The last moment at which a caller who gave up can be let go: once decided, it is recorded.
            answers[index] = batch[index].Abandoned.IsCancellationRequested ? null : Decide(batch[index], state, write, now);
        }

        await write.CommitAsync(connection, cancellationToken);
        return (answers, new CommittedBatch(
        [
            .. state.Tenants.Where(tenant => tenant.Movements.Count > 0)
                .Select(tenant => new CommittedTenant(tenant.TenantId, tenant.LastSequence, [.. tenant.ChangedLevels])),
        ]));
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

        var decision = StockDecisions.Decide(tenant, command.Command, matrix, now);
        var applied = tenant.Apply(decision, command.IdempotencyKey, now);
        write.Add(command, applied);
        var answer = StockAnswers.Of(command, applied);
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
