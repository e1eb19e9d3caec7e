using System.Collections.Concurrent;
using System.Net.Sockets;

namespace StockAuthority.Testing;

/// <summary>Cuts its connections by what was sent.</summary>
/// <param name="target">Where it forwards to.</param>
/// <param name="cutAfterBytes">How much of a client each of the first connections lets through before it is cut. Later ones are not cut.</param>
public sealed class CuttingProxy(Uri target, params IEnumerable<int> cutAfterBytes) : LoopbackProxy(target.Port)
{
    private readonly ConcurrentQueue<int> _cutAfterBytes = new(cutAfterBytes);
    private int _cuts;

    /// <summary>Where clients connect.</summary>
    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <summary>How many connections were cut.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <inheritdoc/>
    protected override async Task ForwardAsync(TcpClient client, TcpClient server)
    {
        await Task.WhenAny(
            ForwardAsync(client.GetStream(), server.GetStream(), _cutAfterBytes.TryDequeue(out var bytes) ? bytes : long.MaxValue),
            server.GetStream().CopyToAsync(client.GetStream(), Stopping));
    }

    private async Task ForwardAsync(NetworkStream from, NetworkStream to, long cutAfterBytes)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, Stopping) is > 0 and var count)
        {
            await to.WriteAsync(buffer.AsMemory(0, count), Stopping);
            if ((cutAfterBytes -= count) <= 0)
            {
                Interlocked.Increment(ref _cuts);
                return;
            }
        }
    }
}
