using System.Diagnostics;
using System.Threading.Channels;
using Npgsql;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// One queue and one connection. Whatever queued while the previous batch was being written is the next one, and one
/// transaction; under load the batches grow by themselves, without load a command waits for nobody.
/// </summary>
internal sealed partial class Lane(
    int number,
    LedgerOptions options,
    NpgsqlDataSource dataSource,
    LedgerRules rules,
    Action<CommittedBatch> onCommitted,
    TimeProvider time,
    ILogger<Lane> logger) : IAsyncDisposable
{
    private readonly Channel<PendingCommand> _queue = Channel.CreateBounded<PendingCommand>(new BoundedChannelOptions(options.QueueLength)
    {
        SingleReader = true,
    });

    private readonly LaneMemory _memory = new(options);

    /// <summary>Taken from the queue, and not to be decided from memory.</summary>
    private readonly List<PendingCommand> _toRead = [];

    private Task<bool>? _arrival;
    private NpgsqlConnection? _connection;

    /// <summary>Whether the connection's transaction failed and has to be rolled back.</summary>
    private bool _isAborted;

    /// <summary>Whether the last batch found no database within its budget. The next ones then ask once, so that a queue of them is not answered a budget apart.</summary>
    private bool _isAway;

    /// <summary>False when the queue is full: the caller is told to come back.</summary>
    public bool TryEnqueue(PendingCommand command) => _queue.Writer.TryWrite(command);

    /// <summary>Runs until the writer is completed and the queue is empty, so that a stopping server answers what it accepted.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (_toRead.Count > 0 || await ArrivalAsync())
        {
            await RunAheadAsync(stopping);
            if (_toRead.Count > 0)
            {
                List<PendingCommand> batch = [.. _toRead];
                _toRead.Clear();
                await ProcessAsync(batch, stopping, grows: true);
            }
        }
    }

    public void Complete() => _queue.Writer.TryComplete();

    public async ValueTask DisposeAsync() => await DropConnectionAsync();

    /// <summary>
    /// For as long as the memory has what the commands need: decides the next batch while the one before is being written.
    /// Returns with nothing on its way; what has to be read for is left in <see cref="_toRead"/>.
    /// </summary>
    private async Task RunAheadAsync(CancellationToken stopping)
    {
        Flight? flight = null;
        do
        {
            var next = await FillAsync(flight);
            if (flight is not null && !await LandAsync(flight, stopping))
            {
                // It was decided on what did not come true.
                _toRead.InsertRange(0, next.Decided.Commands);
                return;
            }

            var landed = flight;
            next = WithoutAbandoned(next);
            flight = next.Decided.Count > 0 ? Launch(next) : null;
            if (landed is not null)
            {
                // The database has its next work already.
                Finish(landed.Batch);
            }
        }
        while (flight is not null);
    }

    /// <summary>Takes and decides what has queued, and what arrives until the batch before is written.</summary>
    private async Task<RecalledBatch> FillAsync(Flight? before)
    {
        var next = NewBatch();
        var taken = new List<PendingCommand>();
        while (_toRead.Count == 0)
        {
            taken.Clear();
            while (next.Decided.Count + taken.Count < options.MaximumBatchSize && _queue.Reader.TryRead(out var command))
            {
                if (!LetGoIfAbandoned(command))
                {
                    taken.Add(command);
                }
            }

            next = Decide(next, taken);
            if (before is null || next.Decided.Count == options.MaximumBatchSize || before.Written.IsCompleted)
            {
                break;
            }

            var arrival = ArrivalAsync();
            if (await Task.WhenAny(before.Written, arrival) != arrival || !await arrival)
            {
                break;
            }
        }

        if (next.Decided.Count == options.MaximumBatchSize)
        {
            // The one before is usually still being written; the database shall not have to wait afterwards.
            next.Seal();
        }

        return next;
    }

    private RecalledBatch NewBatch() => new(rules, _memory, time.GetUtcNow().ToDatabasePrecision());

    /// <summary>Decides what can be decided from memory, and leaves the rest to be read for.</summary>
    /// <returns>The batch, or an empty one where a command cannot be executed: what that one did to the batch's state is not known.</returns>
    private RecalledBatch Decide(RecalledBatch batch, List<PendingCommand> commands)
    {
        if (commands.Count == 0)
        {
            return batch;
        }

        var before = batch.Decided.Count;
        try
        {
            _toRead.InsertRange(0, commands[batch.Decide(commands)..]);
            return batch;
        }
        catch (Exception)
        {
            // Which one it is shows where they are run again, and split until it stands alone.
            _toRead.InsertRange(0, [.. batch.Decided.Commands.Take(before), .. commands]);
            return NewBatch();
        }
    }

    /// <summary>A batch may have waited long for the one before it. Whoever gave up meanwhile is let go, and the others are decided without him.</summary>
    private RecalledBatch WithoutAbandoned(RecalledBatch decided)
    {
        if (!decided.Decided.Commands.Any(static command => command.Abandoned.IsCancellationRequested))
        {
            return decided;
        }

        return Decide(NewBatch(), [.. decided.Decided.Commands.Where(command => !LetGoIfAbandoned(command))]);
    }

    private Flight Launch(RecalledBatch batch)
    {
        var flight = new Flight(batch.Decided, time.GetTimestamp(), WriteAsync(batch));

        // The next batch is decided from what this one leaves behind.
        _memory.Keep(batch.Decided);
        return flight;
    }

    private async Task WriteAsync(RecalledBatch batch)
    {
        using var activity = StartActivity(batch.Decided.Count);
        await batch.CommitAsync(await ConnectionAsync(), CancellationToken.None);
    }

    /// <summary>False where it was not committed as it was decided; all of its callers have their answers then.</summary>
    private async Task<bool> LandAsync(Flight flight, CancellationToken stopping)
    {
        try
        {
            await flight.Written;
            _memory.WasTrue();
            Succeeded(flight.Batch.Count, flight.Started);
            return true;
        }
        catch (PostgresException error) when (BatchWrite.IsStale(error))
        {
            LedgerTelemetry.StaleBatches.Add(1);
            _memory.WasStale();
            _isAborted = true;
            await ProcessAsync([.. flight.Batch.Commands], stopping);
            return false;
        }
        catch (Exception)
        {
            await ProcessAsync([.. flight.Batch.Commands], stopping, flight.Written);
            return false;
        }
    }

    /// <summary>Runs a batch that reads, again and again if need be, until each of its commands has an answer.</summary>
    /// <param name="batch">All of it, also what it is joined by.</param>
    /// <param name="stopping">Ends repeating.</param>
    /// <param name="failed">A first attempt that failed already.</param>
    /// <param name="grows">Whether it may be joined by what is queued, since nothing else comes before that.</param>
    private async Task ProcessAsync(List<PendingCommand> batch, CancellationToken stopping, Task? failed = null, bool grows = false)
    {
        var started = time.GetTimestamp();
        var pause = options.FirstRetryPause;
        while (true)
        {
            try
            {
                await (failed ?? RunOnceAsync(batch, grows));
                Succeeded(batch.Count, started);
                return;
            }
            catch (Exception error) when (DatabaseErrors.IsTransient(error))
            {
                // Whether the transaction was committed may not be known. Running the same keys again settles it: what was
                // committed is found under its key and answered from there, the rest is decided now.
                failed = null;
                LedgerTelemetry.BatchRetries.Add(1);
                LogRetry(number, batch.Count, error);
                await DropConnectionAsync();
                if (error is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable })
                {
                    await EndStalledSessionsAsync();
                }

                if (_isAway || time.GetElapsedTime(started) + pause > options.RetryBudget || stopping.IsCancellationRequested)
                {
                    _isAway = true;
                    Complete(batch, StockAnswers.DatabaseUnavailable());
                    return;
                }

                await Task.Delay(pause, time, CancellationToken.None);
                pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, options.LongestRetryPause.Ticks));
            }
            catch (PostgresException error) when (BatchWrite.LacksPartition(error))
            {
                // No command's fault, so there is nothing to split for.
                await DropConnectionAsync();
                LogPartitionMissing(number, error);
                Complete(batch, StockAnswers.PartitionMissing());
                return;
            }
            catch (Exception error)
            {
                await DropConnectionAsync();
                if (batch.Count == 1)
                {
                    LedgerTelemetry.PoisonCommands.Add(1);
                    LogPoison(number, batch[0].TenantId, batch[0].Command.GetType().Name, error);
                    batch[0].Complete(StockAnswers.InternalError());
                    return;
                }

                // One command spoils the batch: halve it until that one stands alone.
                LogSplit(number, batch.Count, error);
                await ProcessAsync(batch[..(batch.Count / 2)], stopping);
                await ProcessAsync(batch[(batch.Count / 2)..], stopping);
                return;
            }
        }
    }

    private async Task RunOnceAsync(List<PendingCommand> commands, bool grows)
    {
        using var activity = StartActivity(commands.Count);
        var connection = await ConnectionAsync();
        if (_isAborted)
        {
            await using var rollback = new NpgsqlCommand("ROLLBACK", connection);
            await rollback.ExecuteNonQueryAsync(CancellationToken.None);
            _isAborted = false;
        }

        var isLocked = grows && _memory.IsContended;
        if (isLocked)
        {
            // Others hold the locks most of the time. Whatever arrives until we have them is decided with these.
            Join(commands, await BatchRead.LockAsync(connection, commands, CancellationToken.None));
        }

        var batch = await LockedBatch.DecideAsync(connection, commands, isLocked, rules, time, CancellationToken.None);
        await batch.CommitAsync(connection, null, CancellationToken.None);
        _memory.Keep(batch);
        Finish(batch);
    }

    /// <summary>Takes what has queued, up to the first command of another tenant: its lock would be taken out of order.</summary>
    private void Join(List<PendingCommand> commands, IReadOnlySet<string> tenants)
    {
        while (commands.Count < options.MaximumBatchSize && _toRead.Count == 0 && _queue.Reader.TryRead(out var command))
        {
            if (!LetGoIfAbandoned(command))
            {
                (tenants.Contains(command.TenantId) ? commands : _toRead).Add(command);
            }
        }
    }

    private void Finish(DecidedBatch batch)
    {
        batch.Complete();
        if (batch.Committed is { Tenants.Count: > 0 } committed)
        {
            onCommitted(committed);
        }
    }

    private Activity? StartActivity(int commands) => LedgerTelemetry.Source.StartActivity("ledger batch", ActivityKind.Internal)?
        .SetTag("stockauthority.lane", number).SetTag("stockauthority.batch_size", commands);

    private void Succeeded(int commands, long started)
    {
        _isAway = false;
        LedgerTelemetry.BatchSize.Record(commands);
        LedgerTelemetry.BatchDuration.Record(time.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>True when something is queued, false when nothing will be any more. The queue takes one such question at a time.</summary>
    private Task<bool> ArrivalAsync()
    {
        if (_arrival is null || _arrival.IsCompleted)
        {
            _arrival = _queue.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
        }

        return _arrival;
    }

    private async ValueTask<NpgsqlConnection> ConnectionAsync()
    {
        try
        {
            return _connection ??= await dataSource.OpenConnectionAsync();
        }
        catch (PostgresException error)
        {
            // Whatever the database says at the door, a full disk or a wrong password: no command is to blame for it.
            throw new NpgsqlException("No session of the database can be had.", error);
        }
    }

    private async Task EndStalledSessionsAsync()
    {
        try
        {
            if (await StalledSessions.EndAsync(dataSource) is > 0 and var count)
            {
                LogStalled(number, count);
            }
        }
        catch (Exception error) when (DatabaseErrors.IsTransient(error))
        {
            // The batch meets the same trouble, and says so.
        }
    }

    private static void Complete(List<PendingCommand> batch, StockAnswer answer)
    {
        foreach (var command in batch)
        {
            command.Complete(answer);
        }
    }

    private static bool LetGoIfAbandoned(PendingCommand command)
    {
        if (!command.Abandoned.IsCancellationRequested)
        {
            return false;
        }

        command.LetGo();
        return true;
    }

    private async Task DropConnectionAsync()
    {
        // Whatever went wrong, the next batch starts from what the database has.
        _memory.Forget();
        _isAborted = false;
        if (_connection is { } connection)
        {
            _connection = null;
            try
            {
                // Closing rolls back what is open; a broken connection is not returned to the pool.
                await connection.DisposeAsync();
            }
            catch (Exception error) when (DatabaseErrors.IsTransient(error))
            {
                LogCloseFailed(number, error);
            }
        }
    }

    /// <param name="Written">Ends when it is committed.</param>
    private sealed record Flight(DecidedBatch Batch, long Started, Task Written);

    [LoggerMessage(LogLevel.Warning, "Lane {Lane}: a batch of {Count} commands is tried again.")]
    private partial void LogRetry(int lane, int count, Exception error);

    [LoggerMessage(LogLevel.Warning, "Lane {Lane}: ended {Count} sessions that kept their locks and sent nothing more.")]
    private partial void LogStalled(int lane, long count);

    [LoggerMessage(LogLevel.Warning, "Lane {Lane}: a batch of {Count} commands failed and is split.")]
    private partial void LogSplit(int lane, int count, Exception error);

    [LoggerMessage(LogLevel.Error, "Lane {Lane}: a {Command} of tenant {TenantId} cannot be executed.")]
    private partial void LogPoison(int lane, string tenantId, string command, Exception error);

    [LoggerMessage(LogLevel.Critical, "Lane {Lane}: the journal has no partition for now, so nothing can be written until one is added.")]
    private partial void LogPartitionMissing(int lane, Exception error);

    [LoggerMessage(LogLevel.Information, "Lane {Lane}: closing a connection failed.")]
    private partial void LogCloseFailed(int lane, Exception error);
}
