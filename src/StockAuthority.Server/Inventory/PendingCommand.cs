using Google.Protobuf;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Inventory;

/// <summary>A command on its way through a lane. Who waits for its answer is told by a derived type.</summary>
/// <param name="request">What was asked, as it came; stored with payment events.</param>
/// <param name="fingerprint">Tells whether two requests with one key are the same request.</param>
/// <param name="abandoned">Signals that nobody waits any more: the command is dropped if it has not been decided yet.</param>
internal abstract class PendingCommand(
    string tenantId,
    string idempotencyKey,
    StockCommand command,
    IMessage? request,
    byte[] fingerprint,
    CancellationToken abandoned)
{
    public string TenantId { get; } = tenantId;

    public string IdempotencyKey { get; } = idempotencyKey;

    public StockCommand Command { get; } = command;

    public IMessage? Request { get; } = request;

    public byte[] Fingerprint { get; } = fingerprint;

    public CancellationToken Abandoned { get; } = abandoned;

    /// <summary>Whether its answer is kept under its key. A sweep's is not: the reservation itself says whether it expired.</summary>
    public bool RecordsOutcome => Command is not StockCommand.Expire;

    /// <summary>
    /// Whether it was sent to the database with a decision, so that it may have been done although nobody was told. From then on
    /// it is not let go any more: that would tell its caller that nothing happened.
    /// </summary>
    public bool MayBeDone { get; set; }

    /// <summary>Called once, on the lane's thread: quick, never throws.</summary>
    public abstract void Complete(StockAnswer answer);

    /// <summary>Called instead of <see cref="Complete"/>, before it is decided: nobody waits for it any more.</summary>
    public void LetGo()
    {
        LedgerTelemetry.AbandonedCommands.Add(1);
        Drop();
    }

    /// <summary>Tells whoever else has to know that it gets no answer.</summary>
    protected abstract void Drop();
}

/// <summary>A command for whose answer one caller waits.</summary>
internal sealed class AwaitedCommand(
    string tenantId,
    string idempotencyKey,
    StockCommand command,
    IMessage? request,
    byte[] fingerprint,
    CancellationToken abandoned) : PendingCommand(tenantId, idempotencyKey, command, request, fingerprint, abandoned)
{
    private readonly TaskCompletionSource<StockAnswer> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<StockAnswer> Answer => _completion.Task;

    public override void Complete(StockAnswer answer) => _completion.TrySetResult(answer);

    protected override void Drop() => _completion.TrySetCanceled(Abandoned);
}
