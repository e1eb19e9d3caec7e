using System.Globalization;
using StackExchange.Redis;
using StockAuthority.Server.Availability;

namespace StockAuthority.Server.ChangeFeed;

/// <summary>
/// Carries wake-ups between replicas over Redis pub/sub, which may lose any of them: polling finds what they would have told.
/// </summary>
internal sealed partial class FeedWakeups(
    IConnectionMultiplexer redis,
    DatabaseIdentity identity,
    FeedSignals signals,
    TimeProvider time,
    ILogger<FeedWakeups> logger) : BackgroundService
{
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(250);

    private RedisChannel _channel;
    private bool _failing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await UntilDoneAsync(SubscribeAsync, stoppingToken);
            while (true)
            {
                await signals.Outgoing.WaitAsync(stoppingToken);
                var wakeups = signals.Outgoing.Drain();
                if (!await TryAsync(() => SendAsync(wakeups.Select(each => (each.Key, each.Value.Value)), stoppingToken), stoppingToken))
                {
                    FeedTelemetry.LostWakeups.Add(wakeups.Count);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>Once: the client subscribes again by itself whenever it connects again.</summary>
    private async Task SubscribeAsync(CancellationToken cancellationToken)
    {
        // Another database's sequences mean nothing here.
        _channel = RedisChannel.Literal($"sa:{await identity.ReadAsync(cancellationToken)}:feed");
        var subscriber = redis.GetSubscriber();
        await subscriber.UnsubscribeAsync(_channel);
        await subscriber.SubscribeAsync(_channel, (_, message) => Receive((string?)message)).WaitAsync(SendTimeout, time, cancellationToken);
    }

    private async Task SendAsync(IEnumerable<(string TenantId, long Sequence)> wakeups, CancellationToken cancellationToken)
    {
        var subscriber = redis.GetSubscriber();
        await Task.WhenAll(wakeups.Select(wakeup => subscriber.PublishAsync(
            _channel,
            string.Create(CultureInfo.InvariantCulture, $"{wakeup.Sequence} {wakeup.TenantId}")))).WaitAsync(SendTimeout, time, cancellationToken);
    }

    private void Receive(string? message)
    {
        var separator = message?.IndexOf(' ', StringComparison.Ordinal) ?? -1;
        if (separator > 0 && long.TryParse(message.AsSpan(0, separator), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
        {
            signals.Heard(message![(separator + 1)..], sequence);
        }
    }

    private async Task UntilDoneAsync(Func<CancellationToken, Task> action, CancellationToken cancellationToken)
    {
        while (!await TryAsync(() => action(cancellationToken), cancellationToken))
        {
        }
    }

    /// <summary>False, after a pause, when it failed.</summary>
    private async Task<bool> TryAsync(Func<Task> action, CancellationToken cancellationToken)
    {
        try
        {
            await action();
            _failing = false;
            return true;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            if (!_failing)
            {
                _failing = true;
                LogFailing(error);
            }

            await Task.Delay(PauseAfterFailure, time, cancellationToken);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Wake-ups do not reach the other replicas; their watchers find changes by polling.")]
    private partial void LogFailing(Exception error);
}
