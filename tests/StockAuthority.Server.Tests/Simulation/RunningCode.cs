namespace StockAuthority.Server.Tests.Simulation;

/// <summary>
/// Where a lane's code runs, so that the schedule can see whether any of it does. What the lane has sent does not tell: it answers the batch before
/// after it has sent the next one.
/// </summary>
internal sealed class RunningCode(Activity activity) : SynchronizationContext
{
    private int _running;

    /// <summary>Whether all of it waits.</summary>
    public bool IsStill => Volatile.Read(ref _running) == 0;

    public override void Post(SendOrPostCallback d, object? state)
    {
        Interlocked.Increment(ref _running);
        ThreadPool.QueueUserWorkItem(_ => Run(() => d(state)));
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("A lane waits for nothing with a thread.");

    /// <summary>Starts what then runs here up to its end.</summary>
    public Task StartAsync(Func<Task> code)
    {
        Interlocked.Increment(ref _running);
        return Task.Run(() =>
        {
            var task = Task.CompletedTask;
            Run(() => task = code());
            return task;
        });
    }

    private void Run(Action code)
    {
        SetSynchronizationContext(this);
        try
        {
            code();
        }
        finally
        {
            SetSynchronizationContext(null);
            Interlocked.Decrement(ref _running);
            activity.Signal();
        }
    }
}
