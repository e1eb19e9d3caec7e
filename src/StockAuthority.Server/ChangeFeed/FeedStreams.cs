using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.Options;
using StockAuthority.Server.Infrastructure;

namespace StockAuthority.Server.ChangeFeed;

/// <summary>Bounds the streams that are open at once.</summary>
internal sealed class FeedStreams(IOptions<ChangeFeedOptions> options)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    private int _open;

    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: too many are open.</exception>
    public IDisposable Open()
    {
        if (Interlocked.Increment(ref _open) > options.Value.MaximumWatchers)
        {
            Interlocked.Decrement(ref _open);
            FeedTelemetry.RefusedWatchers.Add(1);
            throw Errors.Status(Code.ResourceExhausted, "TOO_MANY_STREAMS", "Too many streams are open. Watch again later, or poll ReadChanges.")
                .RetryAfter(RetryDelay).ToRpcException();
        }

        FeedTelemetry.Watchers.Add(1);
        return new OpenStream(this);
    }

    private sealed class OpenStream(FeedStreams streams) : IDisposable
    {
        public void Dispose()
        {
            Interlocked.Decrement(ref streams._open);
            FeedTelemetry.Watchers.Add(-1);
        }
    }
}
