namespace StockAuthority.Server.Channels;

/// <summary>Wakes those who wait for an acknowledgement that this server takes.</summary>
internal sealed class CheckpointSignal
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the next acknowledgement.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Raise() => Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
