using Grpc.Core;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace StockAuthority.Client.Calls;

/// <summary>
/// Sends a request, and sends it again while that can help and the budget lasts. Safe because every attempt is the same
/// request with the same idempotency key, which the authority carries out once; reads are safe by themselves.
/// </summary>
internal sealed class SafeRetries
{
    private const string ReplayTrailer = "idempotent-replayed";

    /// <summary>The budget ends the retries; this only keeps a server that refuses at once from being hammered.</summary>
    private const int MostRetries = 100;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    private static readonly ResiliencePropertyKey<Progress> ProgressKey = new("StockAuthority.Progress");

    private readonly TimeSpan _deadline;
    private readonly TimeSpan _budget;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline _pipeline;

    public SafeRetries(StockAuthorityClientOptions options, TimeProvider time)
    {
        _deadline = options.Deadline;
        _budget = options.RetryBudget;
        _time = time;
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };

        // Around the retries: it cuts the last wait and the last attempt. Without a budget the one deadline is the bound.
        if (_budget > TimeSpan.Zero)
        {
            builder.AddTimeout(new TimeoutStrategyOptions { Timeout = _budget });
        }

        _pipeline = builder.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = MostRetries,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = FirstDelay,
            MaxDelay = LongestDelay,
            ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is RpcException error && MayRepeat(error, args.Context)),
            DelayGenerator = args => ValueTask.FromResult(args.Outcome.Exception is RpcException error && FailedCall.RetryDelay(error) is { } asked
                ? asked + Jitter()
                : null as TimeSpan?),
        }).Build();
    }

    public async Task<CallResult<TResponse>> RunAsync<TResponse>(Func<CallOptions, AsyncUnaryCall<TResponse>> call, CancellationToken cancellationToken)
    {
        var progress = new Progress(_time.GetTimestamp());
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(ProgressKey, progress);
        try
        {
            return await _pipeline.ExecuteAsync(async attempt => await AttemptAsync(call, progress, attempt.CancellationToken), context);
        }
        catch (RpcException error) when (!cancellationToken.IsCancellationRequested)
        {
            return FailedCall.IsDefinite(error) && !(progress.MayBeDone && FailedCall.IsFromTheDoor(error))
                ? FailedCall.Refused<TResponse>(error)
                : Lost<TResponse>(error, progress);
        }
        catch (TimeoutRejectedException)
        {
            return Lost<TResponse>(progress.LastError, progress);
        }
        catch (RpcException error)
        {
            throw new OperationCanceledException("The call was cancelled; whether it was done is not known. Send it again with the same key.", error, cancellationToken);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private async Task<CallResult<TResponse>> AttemptAsync<TResponse>(
        Func<CallOptions, AsyncUnaryCall<TResponse>> call, Progress progress, CancellationToken cancellationToken)
    {
        progress.Attempts++;
        try
        {
            using var attempt = call(new CallOptions(deadline: (_time.GetUtcNow() + _deadline).UtcDateTime, cancellationToken: cancellationToken));
            var response = await attempt;
            return new CallResult<TResponse>.Answered(response, attempt.GetTrailers().GetValue(ReplayTrailer) == "true");
        }
        catch (RpcException error) when (cancellationToken.IsCancellationRequested)
        {
            // By the budget or by the caller: for Polly to tell apart.
            throw new OperationCanceledException(error.Message, error, cancellationToken);
        }
        catch (RpcException error)
        {
            progress.LastError = error;
            progress.MayBeDone |= !FailedCall.IsDefinite(error) && error.StatusCode != StatusCode.ResourceExhausted;
            throw;
        }
    }

    /// <summary>A wait that the budget would not survive is not begun: the caller gets to know at once.</summary>
    private bool MayRepeat(RpcException error, ResilienceContext context)
    {
        context.Properties.TryGetValue(ProgressKey, out var progress);
        return FailedCall.IsWorthRepeating(error)
            && _time.GetElapsedTime(progress!.StartedAt) + (FailedCall.RetryDelay(error) ?? TimeSpan.Zero) < _budget;
    }

    /// <summary>Callers that were told the same delay must not come back at the same moment.</summary>
    private static TimeSpan Jitter() => FirstDelay * Random.Shared.NextDouble();

    private static CallResult<TResponse>.Lost Lost<TResponse>(RpcException? last, Progress progress) => new(new Unanswered(
        progress.Attempts,
        last?.StatusCode ?? StatusCode.DeadlineExceeded,
        last is null ? "" : FailedCall.Reason(last),
        last?.Status.Detail ?? "The authority did not answer in time."));

    private sealed class Progress(long startedAt)
    {
        public long StartedAt { get; } = startedAt;

        public int Attempts { get; set; }

        public RpcException? LastError { get; set; }

        /// <summary>Whether an attempt may have been carried out without our learning of it.</summary>
        public bool MayBeDone { get; set; }
    }
}
