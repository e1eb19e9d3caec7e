namespace StockAuthority.Server.Infrastructure;

/// <summary>
/// Continues tasks without awaiting them. A refusal travels as a failed task, and is frequent when something sells out; each
/// await on its way would throw it again, for as much as the rest of the call costs.
/// </summary>
internal static class Tasks
{
    /// <summary>What a function makes of a task that has ended in whatever way.</summary>
    public static Task<TResult> Then<T, TState, TResult>(this Task<T> task, Func<Task<T>, TState, Task<TResult>> next, TState state) =>
        task.ContinueWith(
            static (done, state) => (((Func<Task<T>, TState, Task<TResult>> Next, TState State))state!).Apply(done),
            (next, state),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default).Unwrap();

    private static Task<TResult> Apply<T, TState, TResult>(this (Func<Task<T>, TState, Task<TResult>> Next, TState State) continuation, Task<T> done) =>
        continuation.Next(done, continuation.State);
}
