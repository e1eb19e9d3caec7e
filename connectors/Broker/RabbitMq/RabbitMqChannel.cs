using StockAuthority.Connectors.Broker.Events;
using StockAuthority.Connectors.Runtime;
using StockAuthority.Connectors.Runtime.Forwarding;
using StockAuthority.Inventory.V1;

namespace StockAuthority.Connectors.Broker.RabbitMq;

/// <summary>A topic exchange of RabbitMQ: persistent and mandatory messages, sent without waiting for each other's confirms.</summary>
internal sealed class RabbitMqChannel(RabbitMqOptions options, StockChangeEvents events) : IFeedChannel, IAsyncDisposable
{
    private RabbitMqSession? _session;
    private int _largestBytes = int.MaxValue;

    public string Name => "rabbitmq";

    public int MaxMovementsPerForward => 1000;

    public async Task<ForwardResult> ForwardAsync(IReadOnlyList<Movement> movements, CancellationToken cancellationToken)
    {
        try
        {
            var session = await SessionAsync(cancellationToken);
            await session.UnblockedAsync(cancellationToken);
            if (session.Pending is not { } pending)
            {
                await session.SendAsync([.. movements.Select(events.Encode)], _largestBytes, cancellationToken);
                pending = session.Pending!;
            }

            await pending.Ended.WaitAsync(cancellationToken);
            return Settle(session, pending, movements[0].Sequence);
        }
        catch (OperationCanceledException) when (_session is { IsOpen: true, Blocked: { } reason })
        {
            // What is in the connection's buffers goes in once the broker has room again: another connection could overtake it. So this one
            // stays, and the next call waits for it.
            return Nothing(new ForwardTrouble("BLOCKED", reason));
        }
        catch (OperationCanceledException)
        {
            await CloseAsync();
            throw;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            var trouble = RabbitMqTroubles.Of(exception);
            if (_session is not { Pending: { } pending } session)
            {
                await CloseAsync();
                return Nothing(trouble);
            }

            pending.End(trouble);
            var result = Settle(session, pending, movements[0].Sequence);
            await CloseAsync();
            return result;
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private static ForwardResult Nothing(ForwardTrouble trouble) => new(0, new Dictionary<int, Refusal>(), trouble);

    private ForwardResult Settle(RabbitMqSession session, PendingConfirms pending, long firstSequence)
    {
        session.Settle();
        var result = pending.Result(options.AcceptUnroutable);
        _largestBytes = RabbitMqTroubles.LargestBytes(result.Trouble) ?? _largestBytes;

        // What an earlier call had left was of other movements only where a replay came between: then it says nothing of these.
        return pending.FirstSequence == firstSequence
            ? result
            : Nothing(result.Trouble ?? new ForwardTrouble("UNCONFIRMED", "what was sent before had to be answered for first"));
    }

    private async Task<RabbitMqSession> SessionAsync(CancellationToken cancellationToken)
    {
        if (_session is { IsOpen: true })
        {
            return _session;
        }

        if (_session is { IsConnected: false })
        {
            // A broker that was started again may be configured otherwise.
            _largestBytes = int.MaxValue;
        }

        await CloseAsync();
        _session = await RabbitMqSession.OpenAsync(options, cancellationToken);
        return _session;
    }

    private async Task CloseAsync()
    {
        if (_session is { } session)
        {
            _session = null;
            await session.DisposeAsync();
        }
    }
}
