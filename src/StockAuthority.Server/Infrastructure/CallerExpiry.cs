using Google.Rpc;
using Grpc.Core;

namespace StockAuthority.Server.Infrastructure;

/// <summary>
/// The end of a stream whose caller's token or certificate expires while it is open. What it asked for before that is
/// still answered.
/// </summary>
internal sealed class CallerExpiry : IDisposable
{
    /// <summary>Below what a timer can do; no stream lives that long.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    /// <summary>
    /// A timer counts in ticks of its own and can be some milliseconds ahead of the clock; a stream is not told that its
    /// token has expired while a call with it would still be accepted.
    /// </summary>
    private static readonly TimeSpan TimerTick = TimeSpan.FromMilliseconds(50);

    private readonly ServerCallContext _call;
    private readonly CancellationTokenSource _expired;
    private readonly CancellationTokenSource _ended;

    public CallerExpiry(ServerCallContext call)
    {
        _call = call;
        var time = call.GetHttpContext().RequestServices.GetRequiredService<TimeProvider>();
        var left = Caller.Of(call) is { } caller ? caller.ExpiresAt - time.GetUtcNow() + TimerTick : LongestTimer;
        _expired = new CancellationTokenSource(left < TimeSpan.Zero ? TimeSpan.Zero : left < LongestTimer ? left : LongestTimer, time);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, _expired.Token);
    }

    /// <summary>The call, cancelled when its caller expires too.</summary>
    public ServerCallContext Call => new BoundedCall(_call, _ended.Token);

    /// <summary>Nothing more is read once the caller has expired.</summary>
    public IAsyncStreamReader<T> Bound<T>(IAsyncStreamReader<T> requests) => new BoundedReader<T>(this, requests);

    /// <summary>Why the stream ended, where that is the reason; null where it is not.</summary>
    public RpcException? Refusal() => _expired.IsCancellationRequested && !_call.CancellationToken.IsCancellationRequested
        ? Errors.Status(Code.Unauthenticated, TokenVerdict.Expired, "The token or certificate that opened this stream has expired. Open it again with a new one.").ToRpcException()
        : null;

    public void Dispose()
    {
        _ended.Dispose();
        _expired.Dispose();
    }

    private sealed class BoundedReader<T>(CallerExpiry expiry, IAsyncStreamReader<T> requests) : IAsyncStreamReader<T>
    {
        public T Current => requests.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            // Handlers read with the call's own token, which ours includes; one per message would be costly.
            using var both = cancellationToken.CanBeCanceled && cancellationToken != expiry._call.CancellationToken
                ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expiry._ended.Token)
                : null;
            try
            {
                return await requests.MoveNext(both?.Token ?? expiry._ended.Token);
            }
            catch (OperationCanceledException) when (expiry.Refusal() is { } refusal)
            {
                throw refusal;
            }
        }
    }

    private sealed class BoundedCall : ServerCallContext
    {
        /// <summary>Where Grpc.AspNetCore looks for the HTTP context of a call that it has not made itself.</summary>
        private const string HttpContextKey = "__HttpContext";

        private readonly ServerCallContext _call;
        private readonly CancellationToken _ended;

        public BoundedCall(ServerCallContext call, CancellationToken ended)
        {
            (_call, _ended) = (call, ended);
            call.UserState[HttpContextKey] = call.GetHttpContext();
        }

        protected override string MethodCore => _call.Method;

        protected override string HostCore => _call.Host;

        protected override string PeerCore => _call.Peer;

        protected override DateTime DeadlineCore => _call.Deadline;

        protected override Metadata RequestHeadersCore => _call.RequestHeaders;

        protected override CancellationToken CancellationTokenCore => _ended;

        protected override Metadata ResponseTrailersCore => _call.ResponseTrailers;

        protected override Grpc.Core.Status StatusCore
        {
            get => _call.Status;
            set => _call.Status = value;
        }

        protected override WriteOptions? WriteOptionsCore
        {
            get => _call.WriteOptions;
            set => _call.WriteOptions = value;
        }

        protected override AuthContext AuthContextCore => _call.AuthContext;

        protected override IDictionary<object, object> UserStateCore => _call.UserState;

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => _call.CreatePropagationToken(options);

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => _call.WriteResponseHeadersAsync(responseHeaders);
    }
}
