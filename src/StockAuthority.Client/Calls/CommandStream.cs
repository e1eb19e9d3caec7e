using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Grpc.Core;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Client.Calls;

/// <summary>
/// Sends commands over an Execute stream, and over the next one where that breaks: what is unanswered is sent again with its
/// keys, in its order. For one enumeration.
/// </summary>
/// <remarks>Room is given back when the caller takes an outcome, so a caller who does not read is not read from either.</remarks>
internal sealed class CommandStream(InventoryService.InventoryServiceClient inventory, string? tenant, OutcomeDetail detail, TimeSpan patience, TimeProvider time)
{
    private const int LargestMessage = 500;

    /// <summary>Far below the 4 MiB that a gRPC server takes by default; a command of 200 lines with long names has some 50 KiB.</summary>
    private const int LargestMessageBytes = 1 << 20;

    /// <summary>Half of what the authority lets a stream have: it never has to stop reading.</summary>
    private const int MaximumUnanswered = 2_000;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    private readonly UnansweredCommands _unanswered = new(patience, time);
    private readonly Channel<CommandOutcome> _outcomes = Channel.CreateUnbounded<CommandOutcome>();

    public async IAsyncEnumerable<CommandOutcome> RunAsync(IAsyncEnumerable<ExecuteCommand> commands, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var room = new SemaphoreSlim(MaximumUnanswered);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stopTaking = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
#pragma warning disable CA2025 // Both tasks are awaited below, before anything is disposed.
        var taking = TakeAsync(commands, room, stopTaking.Token);
        var sending = SendAsync(taking, stopTaking, stop.Token);
#pragma warning restore CA2025
        try
        {
            await foreach (var outcome in _outcomes.Reader.ReadAllAsync(cancellationToken))
            {
                room.Release();
                yield return outcome;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(taking, sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TakeAsync(IAsyncEnumerable<ExecuteCommand> commands, SemaphoreSlim room, CancellationToken cancellationToken)
    {
        try
        {
            // There is room before a command is taken, so that each one that was taken gets an outcome.
            await using var source = commands.GetAsyncEnumerator(cancellationToken);
            await room.WaitAsync(cancellationToken);
            while (await source.MoveNextAsync())
            {
                _unanswered.Add(source.Current);
                await room.WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody waits for more.
        }
        finally
        {
            _unanswered.AllAreTaken();
        }
    }

    private async Task SendAsync(Task taking, CancellationTokenSource stopTaking, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            if (await RunStreamsAsync(cancellationToken) is { } error)
            {
                await stopTaking.CancelAsync();
                await taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                foreach (var pending in _unanswered.All())
                {
                    Tell(pending, Unknown(pending, error));
                }
            }

            // What the caller's commands threw is thrown to the caller, after the answers to those before.
            await taking;
        }
        catch (Exception error)
        {
            failure = error;
        }

        _outcomes.Writer.TryComplete(failure);
    }

    /// <summary>One stream after the other, until everything is answered (null) or there is no use in another one.</summary>
    private async Task<RpcException?> RunStreamsAsync(CancellationToken cancellationToken)
    {
        var delay = FirstDelay;
        while (!_unanswered.IsDone)
        {
            var answered = _unanswered.Answered;
            var error = await RunStreamAsync(cancellationToken);
            if (_unanswered.IsDone)
            {
                break;
            }

            if (!FailedCall.IsWorthRepeating(error) || _unanswered.IsOverdue)
            {
                return error;
            }

            delay = _unanswered.Answered > answered ? FirstDelay : TimeSpan.FromTicks(Math.Min(2 * delay.Ticks, LongestDelay.Ticks));
            await Task.Delay((FailedCall.RetryDelay(error) ?? TimeSpan.Zero) + (delay * (0.5 + (Random.Shared.NextDouble() / 2))), time, cancellationToken);
        }

        return null;
    }

    /// <summary>One stream, and why it ended.</summary>
    private async Task<RpcException> RunStreamAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var call = inventory.Execute(new CallOptions(cancellationToken: stop.Token));
        var queue = _unanswered.NewQueue();
        var writing = WriteAsync(call.RequestStream, queue.Reader, stop.Token);

        // A connection can be dead without telling: a stream on which everything is silent is cut.
        await using var watch = time.CreateTimer(_ => CutIfOverdue(stop), null, patience / 4, patience / 4);
        try
        {
            while (await call.ResponseStream.MoveNext(stop.Token))
            {
                foreach (var outcome in call.ResponseStream.Current.Outcomes)
                {
                    Settle(outcome, queue.Writer, stop.Token);
                }
            }

            return new RpcException(new Status(StatusCode.Unavailable, "The authority ended the stream."));
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return error is RpcException broken && !stop.IsCancellationRequested
                ? broken
                : new RpcException(new Status(StatusCode.DeadlineExceeded, "The authority did not answer in time."));
        }
        finally
        {
            await stop.CancelAsync();
            await writing;
        }
    }

    private async Task WriteAsync(IClientStreamWriter<ExecuteRequest> stream, ChannelReader<PendingCommand> queue, CancellationToken cancellationToken)
    {
        try
        {
            while (await queue.WaitToReadAsync(cancellationToken))
            {
                await stream.WriteAsync(NextMessage(queue), cancellationToken);
            }

            await stream.CompleteAsync();
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException or InvalidOperationException or IOException or HttpRequestException)
        {
            // The stream has ended, and its reader learns why. What was to be written is still unanswered.
        }
    }

    private ExecuteRequest NextMessage(ChannelReader<PendingCommand> queue)
    {
        var message = new ExecuteRequest { TenantId = tenant ?? "", Detail = detail };
        var bytes = 0;
        while (message.Commands.Count < LargestMessage && bytes < LargestMessageBytes && queue.TryRead(out var pending))
        {
            pending.Attempts++;
            message.Commands.Add(pending.Command);
            bytes += pending.Command.CalculateSize();
        }

        return message;
    }

    private void Settle(ExecuteOutcome answer, ChannelWriter<PendingCommand> queue, CancellationToken cancellationToken)
    {
        if (_unanswered.Find(answer.IdempotencyKey) is not { } pending)
        {
            return;
        }

        if (answer.ResultCase != ExecuteOutcome.ResultOneofCase.Error)
        {
            Tell(pending, new CommandOutcome.Done(pending.Key, answer, answer.Replayed));
            return;
        }

        var error = answer.Error.ToRpcException();
        if (FailedCall.IsWorthRepeating(error))
        {
            // Only on this stream: the next one sends it by itself.
            _ = SendAgainAsync(pending, FailedCall.RetryDelay(error) ?? FirstDelay, queue, cancellationToken);
            return;
        }

        // A refusal at the door says nothing about what an earlier attempt did.
        Tell(pending, FailedCall.IsDefinite(error) && !(pending.Attempts > 1 && FailedCall.IsFromTheDoor(error))
            ? CommandOutcome.Refused.Of(pending.Key, FailedCall.Refused<ExecuteOutcome>(error))
            : Unknown(pending, error));
    }

    private async Task SendAgainAsync(PendingCommand pending, TimeSpan delay, ChannelWriter<PendingCommand> queue, CancellationToken cancellationToken)
    {
        await Task.Delay(delay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        queue.TryWrite(pending);
    }

    /// <summary>The outcome first: with the last command the enumeration ends.</summary>
    private void Tell(PendingCommand pending, CommandOutcome outcome)
    {
        _outcomes.Writer.TryWrite(outcome);
        _unanswered.Remove(pending);
    }

    private void CutIfOverdue(CancellationTokenSource stop)
    {
        if (_unanswered.IsOverdue)
        {
            stop.Cancel();
        }
    }

    private static CommandOutcome.Unknown Unknown(PendingCommand pending, RpcException error) =>
        new(pending.Key, new Unanswered(pending.Attempts, error.StatusCode, FailedCall.Reason(error), error.Status.Detail));
}
