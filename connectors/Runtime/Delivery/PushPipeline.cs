using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Retry;
using Polly.Timeout;
using StockAuthority.Connectors.Runtime.Channels;
using StockAuthority.ServiceDefaults;

namespace StockAuthority.Connectors.Runtime.Delivery;

/// <summary>
/// One push through retry, rate limit, circuit breaker and timeout, from the outside in. Retries are few and short: what needs
/// longer goes back to the backlog, where newer levels replace it, so that a channel that comes back sees the latest ones first.
/// </summary>
internal sealed class PushPipeline : IDisposable
{
    private const int AttemptsBeforeBreaking = 4;
    private static readonly TimeSpan SamplingDuration = TimeSpan.FromMinutes(1);
    private readonly ILevelChannel _channel;
    private readonly ChannelLink _link;
    private readonly ChannelHealthMeter _meter;
    private readonly ConnectorMetrics _metrics;
    private readonly ConnectorOptions _options;
    private readonly TokenBucketRateLimiter _limiter;
    private RateLimitLease? _turn;
    private readonly ResiliencePipeline<PushResult> _pipeline;

    private readonly UnsureLevels _unsure;
    private readonly ResiliencePipeline<IReadOnlyList<long?>> _reads;

    public PushPipeline(
        ILevelChannel channel, ConnectorOptions options, ChannelLink link, ChannelHealthMeter meter, UnsureLevels unsure, ConnectorMetrics metrics, TimeProvider clock, ILoggerFactory loggers)
    {
        (_channel, _options, _link, _meter, _unsure, _metrics) = (channel, options, link, meter, unsure, metrics);
        _limiter = new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.PushesPerSecond,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1) / options.PushesPerSecond,
            QueueLimit = 1,
        });
        _pipeline = new ResiliencePipelineBuilder<PushResult> { Name = "push", InstanceName = channel.Name, TimeProvider = clock }
            .AddRetry(Retry(options))
            .AddRateLimiter(new RateLimiterStrategyOptions
            {
                RateLimiter = attempt => Interlocked.Exchange(ref _turn, null) is { } taken ? new ValueTask<RateLimitLease>(taken) : _limiter.AcquireAsync(1, attempt.Context.CancellationToken),
            })
            .AddCircuitBreaker(Breaker(options))
            .AddTimeout(new TimeoutStrategyOptions { Timeout = options.AttemptTimeout })
            .ConfigureTelemetry(loggers)
            .Build();
        _reads = new ResiliencePipelineBuilder<IReadOnlyList<long?>> { Name = "read", InstanceName = channel.Name, TimeProvider = clock }
            .AddRateLimiter(_limiter)
            .AddTimeout(new TimeoutStrategyOptions { Timeout = options.AttemptTimeout })
            .ConfigureTelemetry(loggers)
            .Build();
    }

    /// <summary>Until the rate limit lets a call go; the next push is that call.</summary>
    public async Task TurnAsync(CancellationToken cancellationToken)
    {
        var taken = _turn ?? await _limiter.AcquireAsync(1, cancellationToken);
        _turn = taken.IsAcquired ? taken : null;
    }

    /// <summary>What the channel shows, within the same rate limit; null where it did not say.</summary>
    public async Task<IReadOnlyList<long?>?> ReadAsync(IReadOnlyList<StockKey> keys, CancellationToken cancellationToken)
    {
        try
        {
            var shown = await _reads.ExecuteAsync(
                static async (read, attempt) => await read._channel.ReadAsync(read.keys, attempt), (_channel, keys), cancellationToken);
            return shown.Count == keys.Count ? shown : null;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            _metrics.Failed("READ_BACK");
            return null;
        }
    }

    public async Task<PushResult> PushAsync(IReadOnlyList<LevelChange> changes, string idempotencyKey, CancellationToken cancellationToken)
    {
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (push, attempt) => await push.Item1.AttemptAsync(push.changes, push.idempotencyKey, attempt),
                (this, changes, idempotencyKey),
                cancellationToken);
        }
        catch (BrokenCircuitException exception)
        {
            return new PushResult.Unavailable("CIRCUIT_OPEN", exception.RetryAfter);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return new PushResult.Unavailable(exception.GetType().Name, null);
        }
    }

    public void Dispose() => _limiter.Dispose();

    /// <summary>Only while the lease outlasts the call: whoever takes over then finds none of ours under way.</summary>
    private async Task<PushResult> AttemptAsync(IReadOnlyList<LevelChange> changes, string idempotencyKey, CancellationToken cancellationToken)
    {
        if (!_link.HoldsFor(_options.AttemptTimeout))
        {
            return new PushResult.Unavailable("LEASE_ENDING", null);
        }

        var (failed, unanswered) = (true, true);
        try
        {
            var result = await _channel.PushAsync(changes, idempotencyKey, cancellationToken);
            (failed, unanswered) = (result is PushResult.Unavailable, result is PushResult.Unavailable { Lasting: null });
            return result;
        }
        finally
        {
            if (unanswered)
            {
                _unsure.Add(changes.Select(change => change.Key));
            }

            _meter.Count(health =>
            {
                health.PushCount++;
                health.ErrorCount += failed ? 1 : 0;
            });
            _metrics.Pushed(failed);
        }
    }

    private RetryStrategyOptions<PushResult> Retry(ConnectorOptions options) => new()
    {
        MaxRetryAttempts = options.RetryAttempts,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = options.RetryDelay,
        MaxDelay = options.MaxRetryDelay,
        ShouldHandle = attempt => ValueTask.FromResult(attempt.Outcome switch
        {
            { Exception: BrokenCircuitException or OperationCanceledException } => false,
            { Exception: not null } => true,

            // The next round asks again, later each time.
            { Result: PushResult.Unavailable { Lasting: not null } } => false,
            { Result: PushResult.Throttled or PushResult.Unavailable } => attempt.Outcome.Result?.AskedPause is not { } asked || asked <= options.MaxRetryDelay,
            _ => false,
        }),
        OnRetry = _ =>
        {
            _meter.Count(health => health.RetryCount++);
            _metrics.Retried();
            return default;
        },
        DelayGenerator = attempt => ValueTask.FromResult(attempt.Outcome.Result?.AskedPause),
    };

    // A channel that asks for fewer calls works: waiting as long as it says is enough, breaking would only add to the wait.
    private CircuitBreakerStrategyOptions<PushResult> Breaker(ConnectorOptions options) => new()
    {
        FailureRatio = 0.5,
        MinimumThroughput = AttemptsBeforeBreaking,
        SamplingDuration = SamplingDuration,
        ShouldHandle = attempt => ValueTask.FromResult(attempt.Outcome switch
        {
            { Exception: OperationCanceledException } => false,
            { Exception: not null } => true,

            // It answers: it may take other levels, or a person has to be told, which an open circuit would put off.
            { Result: PushResult.Unavailable { Lasting: not null } } => false,
            { Result: PushResult.Unavailable } => true,
            _ => false,
        }),
        OnOpened = _ => Opened(true),
        OnClosed = _ => Opened(false),
        BreakDurationGenerator = open => ValueTask.FromResult(
            TimeSpan.FromSeconds(Math.Max(0.5, Backoff.After(open.HalfOpenAttempts + 1, options.BreakDuration, options.MaxRetryDelay).TotalSeconds))),
    };

    private ValueTask Opened(bool open)
    {
        _meter.Breaker(open);
        return default;
    }
}
