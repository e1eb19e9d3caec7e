using System.Net.Sockets;
using StockAuthority.Testing;

namespace StockAuthority.Connectors.Erp.Tests.Hosts;

/// <summary>
/// Faults of a network, by a seed, until it is mended: connections refused, requests cut before they arrive, answers cut or held
/// back after what they answer was done.
/// </summary>
internal sealed class FaultyProxy(Uri target, int seed) : LoopbackProxy(target.Port)
{
    private readonly Random _random = new(seed);
    private volatile bool _isMended;
    private int _faults;

    public Uri Address => new($"http://127.0.0.1:{Port}");

    public int Faults => Volatile.Read(ref _faults);

    public void Mend() => _isMended = true;

    protected override async Task ForwardAsync(TcpClient client, TcpClient server)
    {
        using var cut = new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cut.Token, Stopping);
        await Task.WhenAny(
            ForwardAsync(client.GetStream(), server.GetStream(), isAnswer: false, either.Token),
            ForwardAsync(server.GetStream(), client.GetStream(), isAnswer: true, either.Token));
        await cut.CancelAsync();
    }

    private async Task ForwardAsync(NetworkStream from, NetworkStream to, bool isAnswer, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            int dice;
            lock (_random)
            {
                dice = _random.Next(100);
            }

            if (!_isMended && dice < (isAnswer ? 12 : 4))
            {
                Interlocked.Increment(ref _faults);
                if (isAnswer && dice < 4)
                {
                    // Held back until the connector gives the call up and cuts the connection itself.
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
                }

                return;
            }

            await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }
}
