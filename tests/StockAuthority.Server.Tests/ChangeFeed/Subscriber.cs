using Grpc.Core;
using Grpc.Net.Client;
using StockAuthority.ChangeFeed.V1;

namespace StockAuthority.Server.Tests.ChangeFeed;

/// <summary>Watches a tenant's changes and keeps what came, with the time when it came.</summary>
internal sealed class Subscriber : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<WatchChangesResponse> _messages = [];
    private readonly Dictionary<long, long> _arrivals = [];
    private readonly AsyncServerStreamingCall<WatchChangesResponse> _call;

    public Subscriber(GrpcChannel channel, string tenant, long after = 0)
    {
        _call = new ChangeFeedService.ChangeFeedServiceClient(channel).WatchChanges(new WatchChangesRequest { TenantId = tenant, AfterSequence = after });
        Ended = ReadAsync();
    }

    /// <summary>Completes when the server ends the stream; fails with its status.</summary>
    public Task Ended { get; }

    public IReadOnlyList<WatchChangesResponse> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }

    public IReadOnlyList<long> Sequences => [.. Messages.SelectMany(message => message.Movements).Select(movement => movement.Sequence)];

    /// <summary>When a movement came, as a timestamp of the system's clock; null as long as it has not.</summary>
    public long? Arrival(long sequence)
    {
        lock (_gate)
        {
            return _arrivals.TryGetValue(sequence, out var arrival) ? arrival : null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _call.Dispose();
        await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ReadAsync()
    {
        while (await _call.ResponseStream.MoveNext(CancellationToken.None))
        {
            var now = TimeProvider.System.GetTimestamp();
            lock (_gate)
            {
                _messages.Add(_call.ResponseStream.Current);
                foreach (var movement in _call.ResponseStream.Current.Movements)
                {
                    _arrivals[movement.Sequence] = now;
                }
            }
        }
    }
}
