using Google.Protobuf;
using StockAuthority.Core.Inventory;

namespace StockAuthority.Server.Inventory;

/// <summary>A command on its way through a lane, and the caller who waits for its answer.</summary>
/// <param name="Request">What was asked, as it came; stored with payment events.</param>
/// <param name="Fingerprint">Tells whether two requests with one key are the same request.</param>
/// <param name="Abandoned">Signals that nobody waits any more: the command is dropped if it has not been decided yet.</param>
internal sealed record PendingCommand(
    string TenantId,
    string IdempotencyKey,
    StockCommand Command,
    IMessage? Request,
    byte[] Fingerprint,
    CancellationToken Abandoned)
{
    private readonly TaskCompletionSource<StockAnswer> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<StockAnswer> Answer => _completion.Task;

    /// <summary>Whether its answer is kept under its key. A sweep's is not: the reservation itself says whether it expired.</summary>
    public bool RecordsOutcome => Command is not StockCommand.Expire;

    public void Complete(StockAnswer answer) => _completion.TrySetResult(answer);

    public void Drop() => _completion.TrySetCanceled(Abandoned);
}
