using Google.Rpc;
using Grpc.Core;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;
using StockAuthority.Payments.V1;

namespace StockAuthority.Intake.Dispatch;

/// <summary>Calls the authority with a timeout, jittered retries and a circuit breaker, and says what came of it as a value.</summary>
internal sealed class PaymentEventSender
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromSeconds(2);

    private readonly PaymentEventService.PaymentEventServiceClient _authority;
    private readonly TimeProvider _clock;
    private readonly CircuitBreakerStateProvider _circuit = new();
    private readonly ResiliencePipeline<ApplyPaymentEventResponse> _pipeline;

    public PaymentEventSender(PaymentEventService.PaymentEventServiceClient authority, TimeProvider clock)
    {
        _authority = authority;
        _clock = clock;
        var unreachable = new PredicateBuilder<ApplyPaymentEventResponse>()
            .Handle<TimeoutRejectedException>()
            .Handle<RpcException>(failure => IsUnreachable(failure.StatusCode));

        // INTERNAL is worth a retry but says nothing about reachability: one event that trips a bug must not open the
        // circuit for all others.
        var transient = new PredicateBuilder<ApplyPaymentEventResponse>()
            .Handle<TimeoutRejectedException>()
            .Handle<RpcException>(failure => failure.StatusCode is StatusCode.Internal || IsUnreachable(failure.StatusCode));
        _pipeline = new ResiliencePipelineBuilder<ApplyPaymentEventResponse> { TimeProvider = clock, Name = "authority" }
            .AddRetry(new RetryStrategyOptions<ApplyPaymentEventResponse>
            {
                ShouldHandle = transient,
                MaxRetryAttempts = 3,
                Delay = TimeSpan.FromMilliseconds(50),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                DelayGenerator = static arguments => ValueTask.FromResult(RequestedDelay(arguments.Outcome.Exception)),
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<ApplyPaymentEventResponse>
            {
                ShouldHandle = unreachable,
                FailureRatio = 0.5,
                MinimumThroughput = 10,
                SamplingDuration = TimeSpan.FromSeconds(10),
                BreakDuration = TimeSpan.FromSeconds(1),
                StateProvider = _circuit,
            })
            .AddTimeout(AttemptTimeout)
            .Build();
    }

    /// <summary>Whether the authority answered lately. While it does not, one row at a time is enough to find out.</summary>
    public bool IsHealthy => _circuit.CircuitState == CircuitState.Closed;

    public async Task<DispatchOutcome> SendAsync(ApplyPaymentEventRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _pipeline.ExecuteAsync(
                async token => await _authority.ApplyPaymentEventAsync(request, deadline: Deadline(), cancellationToken: token), cancellationToken);
            return response.Resolution switch
            {
                Resolution.Action => new DispatchOutcome.Resolved("ACTION", response.Reason),
                Resolution.NoOp => new DispatchOutcome.Resolved("NO_OP", response.Reason),
                Resolution.Held => new DispatchOutcome.Resolved("HELD", response.Reason),
                var other => new DispatchOutcome.Resolved(other.ToString(), response.Reason),
            };
        }
        catch (RpcException failure) when (!cancellationToken.IsCancellationRequested)
        {
            return IsFinal(failure.StatusCode)
                ? new DispatchOutcome.Refused(ReasonOf(failure))
                : new DispatchOutcome.Deferred(ReasonOf(failure));
        }
        catch (TimeoutRejectedException)
        {
            return new DispatchOutcome.Deferred("TIMEOUT");
        }
        catch (BrokenCircuitException)
        {
            return new DispatchOutcome.Deferred("CIRCUIT_OPEN");
        }
    }

    // The authority drops a call whose deadline passed before it decides; the pipeline's timeout alone would not tell it.
    private DateTime Deadline() => _clock.GetUtcNow().UtcDateTime + AttemptTimeout;

    // CANCELLED is how the client library reports the pipeline's timeout.
    private static bool IsUnreachable(StatusCode status) => status
        is StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.DeadlineExceeded or StatusCode.Cancelled;

    // Everything else can be cured without changing the request: a token that ran out, a server being replaced, a bug.
    private static bool IsFinal(StatusCode status) => status
        is StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.AlreadyExists
        or StatusCode.NotFound or StatusCode.OutOfRange;

    // The authority's own word for it; the status where it gave none. Never the message, which could quote the event.
    private static string ReasonOf(RpcException failure) =>
        failure.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason is { Length: > 0 } reason ? reason : failure.StatusCode.ToString();

    private static TimeSpan? RequestedDelay(Exception? failure) =>
        (failure as RpcException)?.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan() is { } delay && delay > TimeSpan.Zero
            ? (delay < LongestRetryDelay ? delay : LongestRetryDelay)
            : null;
}
