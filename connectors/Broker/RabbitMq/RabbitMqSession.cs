using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using StockAuthority.Connectors.Broker.Events;
using StockAuthority.Connectors.Runtime.Forwarding;

namespace StockAuthority.Connectors.Broker.RabbitMq;

/// <summary>One connection with one channel in confirm mode. When either closes it is over: another one is opened, and what was not confirmed is sent again.</summary>
internal sealed class RabbitMqSession : IAsyncDisposable
{
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(2);
    private readonly IConnection _connection;
    private readonly IChannel _channel;
    private readonly string _exchange;
    private TaskCompletionSource _unblocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PendingConfirms? _pending;
    private volatile string? _blocked;
    private volatile ForwardTrouble? _end;
    private ulong _nextTag = 1;

    private RabbitMqSession(IConnection connection, IChannel channel, string exchange)
    {
        (_connection, _channel, _exchange) = (connection, channel, exchange);
        connection.ConnectionBlockedAsync += OnBlocked;
        connection.ConnectionUnblockedAsync += OnUnblocked;
        channel.BasicAcksAsync += OnAck;
        channel.BasicNacksAsync += OnNack;
        channel.BasicReturnAsync += OnReturn;
        channel.ChannelShutdownAsync += OnShutdown;
    }

    public bool IsOpen => _end is null && _channel.IsOpen;

    /// <summary>Why the broker takes nothing for the time being; null where it does. It is short of memory or disk.</summary>
    public string? Blocked => _blocked;

    /// <summary>Whether the connection itself is there.</summary>
    public bool IsConnected => _connection.IsOpen;

    /// <summary>What was sent and is not answered for; null where nothing is.</summary>
    public PendingConfirms? Pending => _pending;

    public static async Task<RabbitMqSession> OpenAsync(RabbitMqOptions options, CancellationToken cancellationToken)
    {
        var connection = await RabbitMqConnections.OpenAsync(options, cancellationToken);
        try
        {
            var channel = await connection.CreateChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false), cancellationToken);
            if (options.DeclareExchange)
            {
                await channel.ExchangeDeclareAsync(options.Exchange, ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: cancellationToken);
            }

            return new RabbitMqSession(connection, channel, options.Exchange);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public Task UnblockedAsync(CancellationToken cancellationToken) => _blocked is null ? Task.CompletedTask : Volatile.Read(ref _unblocked).Task.WaitAsync(cancellationToken);

    /// <summary>Sends them in their order. Returns when all are handed to the connection, or it has ended.</summary>
    public async Task SendAsync(IReadOnlyList<StockChange> changes, int largestBytes, CancellationToken cancellationToken)
    {
        var pending = new PendingConfirms(changes, _nextTag, largestBytes);
        Volatile.Write(ref _pending, pending);
        if (_end is { } end)
        {
            pending.End(end);
        }

        var sent = 0;
        try
        {
            foreach (var change in pending.Messages.TakeWhile(_ => !pending.Ended.IsCompleted))
            {
                await SendAsync(change, cancellationToken);
                sent++;
            }
        }
        catch (OperationCanceledException)
        {
            // A broker that blocks publishers reads nothing, until the buffers are full.
            pending.Cut(sent);
            throw;
        }
    }

    /// <summary>What was sent is answered for, or given up.</summary>
    public void Settle() => Volatile.Write(ref _pending, null);

    public async ValueTask DisposeAsync()
    {
        // Not the long way: whoever repeats what was under way must not wait for it.
        await _connection.AbortAsync(Constants.ReplySuccess, "going on with another connection", CloseLimit);
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task SendAsync(StockChange change, CancellationToken cancellationToken)
    {
        await _channel.BasicPublishAsync(
            _exchange,
            change.RoutingKey,
            mandatory: true,
            new BasicProperties
            {
                ContentType = StockChangeEvents.ContentType,
                DeliveryMode = DeliveryModes.Persistent,
                MessageId = change.Id,
                Timestamp = new AmqpTimestamp(change.Time.ToUnixTimeSeconds()),
                Type = StockChangeEvents.Type,
                AppId = "stockauthority",
            },
            change.Body,
            cancellationToken);
        _nextTag++;
    }

    private Task OnBlocked(object sender, ConnectionBlockedEventArgs told)
    {
        if (_blocked is null)
        {
            Volatile.Write(ref _unblocked, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        _blocked = told.Reason.Length > 0 ? told.Reason : "without a reason";
        return Task.CompletedTask;
    }

    private Task OnUnblocked(object sender, AsyncEventArgs told)
    {
        _blocked = null;
        _unblocked.TrySetResult();
        return Task.CompletedTask;
    }

    private Task OnAck(object sender, BasicAckEventArgs told)
    {
        Volatile.Read(ref _pending)?.Answered(told.DeliveryTag, told.Multiple, isConfirmed: true);
        return Task.CompletedTask;
    }

    private Task OnNack(object sender, BasicNackEventArgs told)
    {
        Volatile.Read(ref _pending)?.Answered(told.DeliveryTag, told.Multiple, isConfirmed: false);
        return Task.CompletedTask;
    }

    private Task OnReturn(object sender, BasicReturnEventArgs told)
    {
        Volatile.Read(ref _pending)?.Returned(told.BasicProperties.MessageId);
        return Task.CompletedTask;
    }

    /// <summary>Also when the connection ends: it ends its channels.</summary>
    private Task OnShutdown(object sender, ShutdownEventArgs told)
    {
        _end = RabbitMqTroubles.Of(told);
        Volatile.Read(ref _pending)?.End(_end);
        _unblocked.TrySetResult();
        return Task.CompletedTask;
    }
}
