using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

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
    private readonly TokenBucketRateLimiter _limiter;
    private readonly ResiliencePipeline<PushResult> _pipeline;

    public PushPipeline(ILevelChannel channel, ConnectorOptions options, TimeProvider clock, ILoggerFactory loggers)
    {
        _channel = channel;
        _limiter = new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.PushesPerSecond,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1) / options.PushesPerSecond,
            QueueLimit = 1,
        });
        _pipeline = new ResiliencePipelineBuilder<PushResult> { Name = "push", InstanceName = channel.Name, TimeProvider = clock }
            .AddRetry(Retry(options))
            .AddRateLimiter(_limiter)
            .AddCircuitBreaker(Breaker(options))
            .AddTimeout(new TimeoutStrategyOptions { Timeout = options.AttemptTimeout })
            .ConfigureTelemetry(loggers)
            .Build();
    }

    public async Task<PushResult> PushAsync(IReadOnlyList<LevelChange> changes, string idempotencyKey, CancellationToken cancellationToken)
    {
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (push, attempt) => await push._channel.PushAsync(push.changes, push.idempotencyKey, attempt),
                (_channel, changes, idempotencyKey),
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

    private static RetryStrategyOptions<PushResult> Retry(ConnectorOptions options) => new()
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
            { Result: PushResult.Throttled or PushResult.Unavailable } => RetryAfter(attempt.Outcome.Result) is not { } asked || asked <= options.MaxRetryDelay,
            _ => false,
        }),
        DelayGenerator = attempt => ValueTask.FromResult(RetryAfter(attempt.Outcome.Result)),
    };

    // A channel that asks for fewer calls works: waiting as long as it says is enough, breaking would only add to the wait.
    private static CircuitBreakerStrategyOptions<PushResult> Breaker(ConnectorOptions options) => new()
    {
        FailureRatio = 0.5,
        MinimumThroughput = AttemptsBeforeBreaking,
        SamplingDuration = SamplingDuration,
        ShouldHandle = attempt => ValueTask.FromResult(attempt.Outcome switch
        {
            { Exception: OperationCanceledException } => false,
            { Exception: not null } => true,
            { Result: PushResult.Unavailable } => true,
            _ => false,
        }),
        BreakDurationGenerator = open => ValueTask.FromResult(
            TimeSpan.FromSeconds(Math.Max(0.5, Backoff.After(open.HalfOpenAttempts + 1, options.BreakDuration, options.MaxRetryDelay).TotalSeconds))),
    };

    private static TimeSpan? RetryAfter(PushResult? result) => result switch
    {
        PushResult.Throttled throttled => throttled.RetryAfter,
        PushResult.Unavailable unavailable => unavailable.RetryAfter,
        _ => null,
    };
}
