using Google.Protobuf;
using Npgsql;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Inventory;

/// <summary>What a batch changed, for those who want to know at once.</summary>
internal sealed record CommittedBatch(IReadOnlyList<CommittedTenant> Tenants);

/// <param name="FirstSequence">The first movement's; with <paramref name="LastSequence"/> all of the batch's.</param>
internal sealed record CommittedTenant(string TenantId, long FirstSequence, long LastSequence, IReadOnlyList<StockLevel> Levels);

/// <summary>Commands that are decided one after the other on one state, with their answers and all that has to be written.</summary>
/// <param name="now">When it is decided, in the database's precision.</param>
internal sealed class DecidedBatch(LedgerRules rules, BatchState state, DateTimeOffset now)
{
    private readonly BatchWrite _write = new(state, rules, now);
    private readonly List<(PendingCommand Command, StockAnswer? Answer)> _decided = [];

    public BatchState State { get; } = state;

    public int Count => _decided.Count;

    public IEnumerable<PendingCommand> Commands => _decided.Select(static each => each.Command);

    /// <summary>Whether writing it advances the tenants' heads.</summary>
    public bool HasWrites => _write.HasWrites;

    /// <summary>What it changed, once it is committed.</summary>
    public CommittedBatch Committed => new(
    [
        .. State.Tenants.Select(tenant => tenant.State).Where(tenant => tenant.Movements.Count > 0)
            .Select(tenant => new CommittedTenant(tenant.TenantId, tenant.Movements[0].Sequence, tenant.LastSequence, [.. tenant.ChangedLevels])),
    ]);

    public void Decide(PendingCommand command) => _decided.Add((command, Answer(command).Answer));

    /// <summary>False, and nothing is changed, where the answer is none that is recorded under the command's key.</summary>
    public bool TryDecideRecorded(PendingCommand command)
    {
        var (answer, isRecorded) = Answer(command);
        if (isRecorded)
        {
            _decided.Add((command, answer));
        }

        return isRecorded;
    }

    /// <summary>Its caller has given up: it gets no decision and no answer.</summary>
    public void LetGo(PendingCommand command) => _decided.Add((command, null));

    /// <summary>See <see cref="BatchWrite.Seal"/>.</summary>
    public void Seal(IReadOnlyList<(string TenantId, StockCommand.Reserve Command)> unread) => _write.Seal(unread);

    /// <summary>Writes it all; see <see cref="BatchWrite.CommitAsync"/>.</summary>
    public Task CommitAsync(
        NpgsqlConnection connection,
        IReadOnlyList<(string TenantId, StockCommand.Reserve Command)>? unread,
        CancellationToken cancellationToken)
    {
        foreach (var (command, answer) in _decided)
        {
            command.MayBeDone |= answer is not null;
        }

        return _write.CommitAsync(connection, unread, cancellationToken);
    }

    /// <summary>Gives everyone their answer, once it is committed.</summary>
    public void Complete()
    {
        foreach (var (command, answer) in _decided)
        {
            if (answer is not null)
            {
                command.Complete(answer);
            }
            else
            {
                command.LetGo();
            }
        }
    }

    private (StockAnswer Answer, bool IsRecorded) Answer(PendingCommand command)
    {
        if (State.Tenant(command.TenantId) is not { } tenant)
        {
            return (StockAnswers.Invalid(new InvalidReference.UnknownTenant(), command.TenantId), false);
        }

        if (command.RecordsOutcome && State.Outcome(command) is { } stored)
        {
            return (
                stored.Fingerprint.AsSpan().SequenceEqual(command.Fingerprint)
                    ? StockAnswers.Replay(command.Command, stored)
                    : StockAnswers.KeyReused(command.IdempotencyKey),
                true);
        }

        // Times never run against the sequence, even where servers' clocks differ.
        var recordedAt = now > tenant.Head.LastRecordedAt ? now : tenant.Head.LastRecordedAt;

        // A server whose clock is ahead must not take units back early: expiries go by the clock that all servers share.
        var decidedAt = command.Command is StockCommand.Expire && State.DatabaseTime is { } databaseTime ? databaseTime : recordedAt;
        var decision = StockDecisions.Decide(tenant.State, command.Command, rules.Matrices, decidedAt);
        var applied = tenant.State.Apply(decision, command.IdempotencyKey, recordedAt);
        _write.Add(command, tenant, applied);
        var answer = StockAnswers.Of(command, applied);
        if (decision.Outcome.IsRecorded)
        {
            var outcome = new StoredOutcome(
                command.Fingerprint,
                answer.Refusal is null ? StoredOutcome.ResponseKind : StoredOutcome.StatusKind,
                (answer.Response ?? answer.Refusal!).ToByteArray());
            State.Remember(command, outcome);
            _write.Add(command, outcome);
        }

        return (answer, decision.Outcome.IsRecorded);
    }
}
