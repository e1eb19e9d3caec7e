using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace StockAuthority.Server.Infrastructure;

/// <summary>
/// Around every call: the caller may act for the tenant that the request names, and whatever goes wrong becomes a status
/// with a reason. Handlers read as their good path.
/// </summary>
internal sealed partial class CallInterceptor(Admission admission, ILogger<CallInterceptor> logger) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request,
        ServerCallContext context,
        UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Authorize(TenantOf<TRequest>.Read?.Invoke(request) ?? "", context);
        Task<TResponse> call;
        try
        {
            call = continuation(request, context);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Translate(error, context);
        }

        return call.IsCompletedSuccessfully ? call : call.Then(
            static (done, its) => done switch
            {
                { IsCompletedSuccessfully: true } or { Exception.InnerException: RpcException } => done,
                _ => Task.FromException<TResponse>(its.This.Translate(done.Exception?.InnerException ?? new TaskCanceledException(done), its.Context)),
            },
            (This: this, Context: context));
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Authorize(TenantOf<TRequest>.Read?.Invoke(request) ?? "", context);
        using var expiry = new CallerExpiry(context);
        try
        {
            await continuation(request, responseStream, expiry.Call);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw expiry.Refusal() ?? Translate(error, context);
        }

        if (expiry.Refusal() is { } refusal)
        {
            throw refusal;
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        // Whom its messages are for is known only when they come: the service asks for each.
        Authorize("", context);
        using var expiry = new CallerExpiry(context);
        try
        {
            await continuation(expiry.Bound(requestStream), responseStream, context);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Translate(error, context);
        }
    }

    private void Authorize(string tenantId, ServerCallContext context)
    {
        // Without a caller it is one of the calls that everybody may make: health and reflection.
        if (Caller.Of(context) is { } caller && admission.Refusal(caller, tenantId, context.Method) is { } refusal)
        {
            throw refusal.ToRpcException();
        }
    }

    private RpcException Translate(Exception error, ServerCallContext context)
    {
        if (error is OperationCanceledException && context.CancellationToken.IsCancellationRequested)
        {
            return context.Deadline <= context.GetHttpContext().RequestServices.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime
                ? Errors.Status(Code.DeadlineExceeded, "DEADLINE_EXCEEDED", "The deadline passed. Send the same request again with the same key.").ToRpcException()
                : Errors.Status(Code.Cancelled, "CANCELLED", "The caller gave up.").ToRpcException();
        }

        if (DatabaseErrors.IsTransient(error))
        {
            LogDatabase(context.Method, error);
            return Errors.Status(Code.Unavailable, "DATABASE_UNAVAILABLE", "The database does not answer. Send the same request again.")
                .RetryAfter(TimeSpan.FromMilliseconds(250)).ToRpcException();
        }

        LogFailure(context.Method, error);
        return Errors.Status(Code.Internal, "INTERNAL", "The call failed; the server's log says why.").ToRpcException();
    }

    [LoggerMessage(LogLevel.Warning, "{Method}: the database does not answer.")]
    private partial void LogDatabase(string method, Exception error);

    [LoggerMessage(LogLevel.Error, "{Method} failed.")]
    private partial void LogFailure(string method, Exception error);

    /// <summary>How a request names its tenant; null for those of other protocols.</summary>
    private static class TenantOf<TRequest>
    {
        public static readonly Func<TRequest, string>? Read = typeof(TRequest).GetProperty("TenantId")?.GetMethod?.CreateDelegate<Func<TRequest, string>>();
    }
}
