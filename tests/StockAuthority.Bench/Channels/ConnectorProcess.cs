using Grpc.Net.Client;
using StockAuthority.ChangeFeed.V1;
using StockAuthority.DevHost.Processes;
using StockAuthority.Testing;

namespace StockAuthority.Bench.Channels;

/// <summary>A connector as the process that it is, and how far it has acknowledged.</summary>
internal sealed class ConnectorProcess : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);
    private readonly ChildProcess _child;

    private ConnectorProcess(ChildProcess child) => _child = child;

    public double Mebibytes => ProcessMemory.Mebibytes(_child.Identity.ProcessId);

    public static async Task<ConnectorProcess> StartAsync(ChildProgram program, CancellationToken cancellationToken) => new(await TestWorkspace.StartAsync(program, cancellationToken));

    /// <summary>Movements a second that a consumer acknowledges of a journal that is there already. From the first one on: until then it is about a process that starts.</summary>
    public static async Task<double> DrainedPerSecondAsync(GrpcChannel authority, string tenant, string consumer, long movements, CancellationToken cancellationToken)
    {
        var feed = new ChangeFeedService.ChangeFeedServiceClient(authority);
        var begin = await ReachedAsync(1);
        var start = TimeProvider.System.GetTimestamp();
        var end = await ReachedAsync(movements);
        return (end - begin) / TimeProvider.System.GetElapsedTime(start).TotalSeconds;

        async Task<long> ReachedAsync(long sequence) => (await Eventually.Becomes(
            async () => await feed.GetCheckpointAsync(new GetCheckpointRequest { TenantId = tenant, Consumer = consumer }, cancellationToken: cancellationToken),
            checkpoint => checkpoint.Sequence >= sequence,
            Bound)).Sequence;
    }

    public async ValueTask DisposeAsync()
    {
        await TestWorkspace.StopAsync(_child, Grace);
        await _child.DisposeAsync();
    }
}
