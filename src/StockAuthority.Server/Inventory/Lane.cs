using System.Diagnostics;
using System.Threading.Channels;
using Npgsql;
using StockAuthority.Core.Payments;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.Inventory;

/// <summary>
/// One queue and one connection. Takes whatever queued while the previous batch was committing and runs it as one
/// transaction; under load the batches grow by themselves, without load a command waits for nobody.
/// </summary>
internal sealed partial class Lane(
    int number,
    LedgerOptions options,
    NpgsqlDataSource dataSource,
    TriggerMatrix matrix,
    Action<CommittedBatch> onCommitted,
    TimeProvider time,
    ILogger<Lane> logger) : IAsyncDisposable
{
    private readonly Channel<PendingCommand> _queue = Channel.CreateBounded<PendingCommand>(new BoundedChannelOptions(options.QueueLength)
    {
        SingleReader = true,
    });

    private readonly LaneMemory _memory = new(options);
    private NpgsqlConnection? _connection;

    /// <summary>False when the queue is full: the caller is told to come back.</summary>
    public bool TryEnqueue(PendingCommand command) => _queue.Writer.TryWrite(command);

    /// <summary>Runs until the writer is completed and the queue is empty, so that a stopping server answers what it accepted.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var batch = new List<PendingCommand>(options.MaximumBatchSize);
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < options.MaximumBatchSize && _queue.Reader.TryRead(out var command))
            {
                if (!DropIfAbandoned(command))
                {
                    batch.Add(command);
                }
            }

            if (batch.Count > 0)
            {
                await ProcessAsync(batch, stopping);
            }
        }
    }

    public void Complete() => _queue.Writer.TryComplete();

    public async ValueTask DisposeAsync() => await DropConnectionAsync();

    private async Task ProcessAsync(List<PendingCommand> batch, CancellationToken stopping)
    {
        var started = time.GetTimestamp();
        var pause = options.FirstRetryPause;
        while (true)
        {
            try
            {
                await RunOnceAsync(batch);
                LedgerTelemetry.BatchSize.Record(batch.Count);
                LedgerTelemetry.BatchDuration.Record(time.GetElapsedTime(started).TotalSeconds);
                return;
            }
            catch (Exception error) when (DatabaseErrors.IsTransient(error))
            {
                // Whether the transaction was committed may not be known. Running the same keys again settles it: what was
                // committed is found under its key and answered from there, the rest is decided now.
                LedgerTelemetry.BatchRetries.Add(1);
                LogRetry(number, batch.Count, error);
                await DropConnectionAsync();
                if (time.GetElapsedTime(started) + pause > options.RetryBudget || stopping.IsCancellationRequested)
                {
                    Complete(batch, StockAnswers.DatabaseUnavailable());
                    return;
                }

                await Task.Delay(pause, time, CancellationToken.None);
                pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, options.LongestRetryPause.Ticks));
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

    private async Task RunOnceAsync(List<PendingCommand> batch)
    {
        using var activity = LedgerTelemetry.Source.StartActivity("ledger batch", ActivityKind.Internal);
        activity?.SetTag("stockauthority.lane", number).SetTag("stockauthority.batch_size", batch.Count);
        _connection ??= await dataSource.OpenConnectionAsync();
        var (answers, committed) = await new BatchTransaction(matrix, _memory, time).RunAsync(_connection, batch, CancellationToken.None);
        for (var index = 0; index < batch.Count; index++)
        {
            if (answers[index] is { } answer)
            {
                batch[index].Complete(answer);
            }
            else
            {
                Drop(batch[index]);
            }
        }

        if (committed.Tenants.Count > 0)
        {
            onCommitted(committed);
        }
    }

    private static void Complete(List<PendingCommand> batch, StockAnswer answer)
    {
        foreach (var command in batch)
        {
            command.Complete(answer);
        }
    }

    private static bool DropIfAbandoned(PendingCommand command)
    {
        if (!command.Abandoned.IsCancellationRequested)
        {
            return false;
        }

        Drop(command);
        return true;
    }

    private static void Drop(PendingCommand command)
    {
        LedgerTelemetry.AbandonedCommands.Add(1);
        command.Drop();
    }

    private async Task DropConnectionAsync()
    {
        // Whatever went wrong, the next batch starts from what the database has.
        _memory.Forget();
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

    [LoggerMessage(LogLevel.Warning, "Lane {Lane}: a batch of {Count} commands is tried again.")]
    private partial void LogRetry(int lane, int count, Exception error);

    [LoggerMessage(LogLevel.Warning, "Lane {Lane}: a batch of {Count} commands failed and is split.")]
    private partial void LogSplit(int lane, int count, Exception error);

    [LoggerMessage(LogLevel.Error, "Lane {Lane}: a {Command} of tenant {TenantId} cannot be executed.")]
    private partial void LogPoison(int lane, string tenantId, string command, Exception error);

    [LoggerMessage(LogLevel.Information, "Lane {Lane}: closing a connection failed.")]
    private partial void LogCloseFailed(int lane, Exception error);
}
