using System.Threading.Channels;
using Npgsql;

namespace StockAuthority.Intake.Inbox;

/// <summary>
/// What many want written at the same time goes in one statement: whatever comes while the one before is being committed is the
/// next one. Without load an item waits for nobody.
/// </summary>
internal sealed class GroupWrite<T> : IAsyncDisposable
{
    /// <summary>The next group is on its way to the database while the one before waits for the disk.</summary>
    public const int Writers = 2;

    private const int MostItems = 256;
    private const int MostBytes = 4 * 1024 * 1024;

    private readonly Func<IReadOnlyList<T>, CancellationToken, Task> _write;
    private readonly Func<T, int> _size;
    private readonly Channel<Waiting> _queue = Channel.CreateUnbounded<Waiting>();
    private readonly Task[] _writing;

    /// <param name="write">Writes all of them or none.</param>
    /// <param name="size">An item's bytes.</param>
    public GroupWrite(Func<IReadOnlyList<T>, CancellationToken, Task> write, Func<T, int> size)
    {
        (_write, _size) = (write, size);
        _writing = [.. Enumerable.Range(0, Writers).Select(_ => Task.Run(RunAsync))];
    }

    /// <summary>Returns once it is committed. One that is cancelled may be written all the same.</summary>
    public async Task WriteAsync(T item, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(item);
        ObjectDisposedException.ThrowIf(!_queue.Writer.TryWrite(waiting), this);
        await waiting.Written.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Ends when everything that was taken is written.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await Task.WhenAll(_writing);
    }

    private async Task RunAsync()
    {
        while (await _queue.Reader.WaitToReadAsync())
        {
            var group = new List<Waiting>();
            var bytes = 0;
            while (group.Count < MostItems && bytes < MostBytes && _queue.Reader.TryRead(out var next))
            {
                group.Add(next);
                bytes += _size(next.Item);
            }

            if (group.Count > 0)
            {
                await WriteAsync(group);
            }
        }
    }

    private async Task WriteAsync(IReadOnlyList<Waiting> group)
    {
        try
        {
            await _write([.. group.Select(waiting => waiting.Item)], CancellationToken.None);
            foreach (var waiting in group)
            {
                waiting.Written.TrySetResult();
            }
        }
        catch (PostgresException failure) when (group.Count > 1 && !failure.IsTransient)
        {
            // One of them is at fault, and the others are not.
            foreach (var waiting in group)
            {
                await WriteAsync([waiting]);
            }
        }
        catch (Exception failure)
        {
            foreach (var waiting in group)
            {
                waiting.Written.TrySetException(failure);
            }
        }
    }

    private sealed record Waiting(T Item)
    {
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
